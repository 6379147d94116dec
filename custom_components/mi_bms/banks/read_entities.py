"""How many batteries of a bank are read, and why the others are not."""

from typing import Any, override

from ..proto.bank.absence import COMPLETE, Absence
from .quantity import BankSensor


class _AlwaysThere(BankSensor):
    """A sensor that tells something when no battery is read at all, too."""

    @property
    @override
    def available(self) -> bool:
        """Stay available: a bank that is not read is what this is about."""
        return True


class ReadSensor(_AlwaysThere):
    """How many of the batteries are read; its attributes name those that are not, and what they lack."""

    @property
    @override
    def native_value(self) -> int:
        """Return the number of this moment."""
        return len(self.coordinator.data.read)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return all members, and those that something is to be known of."""
        view, called = self.coordinator.data, self.coordinator.called
        lists = {
            "left_out": view.left_out,
            "blocked": view.blocked,
            "charge_estimated": view.estimated,
            "without_capacity": view.without_capacity,
        }
        return {
            "of": len(self.coordinator.members),
            "batteries": called(self.coordinator.members),
            **{key: called(members) for key, members in lists.items() if members},
        }


class CompletenessSensor(_AlwaysThere):
    """The worst of what keeps batteries from counting; its attributes have all of it, with whose it is."""

    @property
    @override
    def native_value(self) -> str:
        """Return the word of this moment."""
        return self.coordinator.data.worst or COMPLETE

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the batteries that do not count for everything, and why in the language of the house."""
        view, words = self.coordinator.data, self.coordinator.words
        whys = {one: words("absence", why) for one, why in view.left_out.items()}
        for one, fields in view.lacking.items():
            figures = words.listed(words("figure", name) for name in fields)
            whys[one] = words("absence", Absence.NO_FIGURE, figures=figures)
        names = self.coordinator.names
        reasons = [
            words("bank", "reason", name=names[one], why=why)
            for one, why in whys.items()
        ]
        return {"batteries": self.coordinator.called(whys), "reasons": reasons}
