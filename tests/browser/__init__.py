"""The wizard, walked by clicks in a real browser; ``script/browser`` is the way in."""
