"""The programs of ``script`` that contributors use."""
