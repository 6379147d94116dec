"""A house whose devices are read by other integrations: who reads what, and how a person made it their own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import time
from typing import Final

from .announcers import Announcer, Batmon, Tasmota
from .api import Api, Json
from .home_assistant import HOST, HomeAssistant
from .process import PATIENCE, Trouble, until
from .pulse import Pulse
from .world_client import NOT_REACHED, UNREACHED, WorldProcess

KILLS: Final = (0, 1, 3, 9, 15)  # s after the yes
BATTERY: Final = "A5:C2:37:18:00:11"
# Devices that both read before.
JK: Final = Batmon(address="C8:47:80:18:00:31", topic="jk_garage", serial="41018400031")
ESP: Final = Tasmota(
    address="E7:2E:00:18:00:41", mac="D448C4918071", name="LYWSD02-180041"
)
NODE: Final = "E7:2E:01:18:00:51"  # what the ESPHome node reads that is called "garage"
ANNOUNCERS: Final[tuple[Announcer, ...]] = (JK, ESP)
# Devices that both read before; batmon's is recognised by a serial number, which only who reads it knows.
BESIDE: Final = ("58:2D:34:18:0B:01", "A5:C2:37:18:0B:11", JK.address)
PEER_OF: Final[Mapping[str, str]] = {
    "58:2D:34:18:00:01": "xiaomi_ble",
    "A4:C1:38:18:00:02": "xiaomi_ble",
    "E4:AA:EC:18:00:03": "xiaomi_ble",
    "F8:24:41:18:00:04": "xiaomi_ble",
    "C8:47:8C:18:00:05": "xiaomi_ble",
    "A4:C1:38:18:00:06": "bthome",
    "A4:C1:38:18:00:07": "bthome",
    "58:2D:34:18:00:08": "qingping",
    BATTERY: "bms_ble",
    "C4:7C:8D:18:00:21": "ble_monitor",
    "58:2D:34:18:00:22": "ble_monitor",
    JK.address: "mqtt",
    ESP.address: "tasmota",
    NODE: "esphome",
    BESIDE[0]: "xiaomi_ble",
    BESIDE[1]: "bms_ble",
    **{
        f"{begin}:18:{number:02X}:{end}": peer
        for number in range(1, len(KILLS) + 1)
        for begin, end, peer in (
            ("58:2D:34", "01", "xiaomi_ble"),
            ("A5:C2:37", "11", "bms_ble"),
            ("58:2D:34", "22", "ble_monitor"),
        )
    },
}
# Their entities that have no counterpart with us, by the ends of their ids.
STAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "xiaomi_ble": ("-voltage", "A4:C1:38:18:00:02-battery"),  # both are invented
    "bthome": ("-packet_id",),
    "mqtt": ("cell_voltages_average", "meter_total_energy"),
    "tasmota": ("_DewPoint",),
}
OWN: Final = ("xiaomi_ble", "bthome", "qingping", "bms_ble")  # an entry for each device
HEARD: Final = [one for one, peer in PEER_OF.items() if peer == "ble_monitor"]
# What moves by the list of the whole house; one of it stays for good, and one goes back.
LISTED: Final = (
    "58:2D:34:18:00:01",
    "A4:C1:38:18:00:02",
    "A4:C1:38:18:00:06",
    "58:2D:34:18:00:08",
    BATTERY,
)
FOR_GOOD, ONE_BACK = LISTED[0], LISTED[2]
FORMS: Final = 6
NO_MORE: Final = 10.0  # s in which no further entity comes


def killed(number: int) -> tuple[str, ...]:
    """Return the addresses of the devices whose move is interrupted as the one of that number, from 0."""
    part = f":18:{number + 1:02X}:"
    return tuple(one for one in PEER_OF if part in one)


def quiet() -> tuple[str, ...]:
    """Return the addresses of the devices that are moved in peace."""
    return tuple(one for one in PEER_OF if ":18:00:" in one or one in BESIDE)


def stays(row: Json) -> bool:
    """Return whether an entity of a peer has no counterpart with us."""
    return str(row["unique_id"]).endswith(STAYS.get(row["platform"], ("\n",)))


async def answer(api: Api, form: Json, answers: Mapping[str, Json]) -> Json:
    """Answer forms by their step until a flow has ended; raise ``Trouble`` where it does not make an entry."""
    tries = 0
    for _ in range(FORMS + UNREACHED):
        errors = set((form.get("errors") or {}).values())
        tries += bool(errors)
        if form["type"] not in {"form", "menu"} or errors - NOT_REACHED:
            break
        if tries > UNREACHED:
            break
        form = await api.answer_flow(form["flow_id"], answers.get(form["step_id"], {}))
    if form["type"] != "create_entry":
        raise Trouble(
            f"no entry: {form.get('errors') or form.get('reason') or form.get('step_id')}"
        )
    return form


async def cards(api: Api) -> dict[tuple[str, str], str]:
    """Return the discoveries that wait: the flow by integration and unique id."""
    return {
        (one["handler"], str(one["context"].get("unique_id"))): one["flow_id"]
        for one in await api.call("config_entries/flow/progress")
    }


async def move_in(
    home: HomeAssistant,
    world: WorldProcess,
    broker: int | None,
    begin: Callable[[], None],
) -> None:
    """Add all peers as a person does; ``broker`` is its port, ``begin`` lets the announcers speak."""
    api = home.api
    truth = await world.truth(time.time())
    if broker is not None:
        more = {
            "set_client_cert": False,
            "set_ca_cert": "off",
            "tls_insecure": False,
            "keepalive": 60,
            "transport": "tcp",
        }
        answers = {"broker": {"broker": HOST, "port": broker, "other_settings": more}}
        await answer(api, await api.start_flow("mqtt"), answers)
        await answer(api, await api.start_flow("tasmota"), {})
        begin()
    await answer(api, await api.start_flow("ble_monitor"), {})
    for address, peer in PEER_OF.items():
        if peer in OWN:

            async def found(card: tuple[str, str] = (peer, address)) -> str | None:
                return (await cards(api)).get(card)

            children = (home.child, world.child)
            flow = await until(f"{peer} {address}", PATIENCE, found, children=children)
            key = {"bindkey": truth[address].get("key", "")}
            answers = {
                "get_encryption_key_4_5_choose_method": {
                    "next_step_id": "get_encryption_key_4_5"
                },
                "get_encryption_key_4_5": key,
                "get_encryption_key_legacy": key,
            }
            await answer(api, await api.look_at_flow(flow), answers)


# --- whose is what -------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """Hold both registries at a moment: rows and devices by their own ids."""

    rows: dict[str, Json]
    devices: dict[str, Json]
    entries: dict[str, Json]

    @property
    def names(self) -> set[str]:
        """Return all entity ids."""
        return {row["entity_id"] for row in self.rows.values()}

    def address_of(self, row: Json) -> str | None:
        """Return the address that a row of a peer or of ours is of."""
        if row["platform"] == "tasmota":
            return ESP.address if ESP.name in row["unique_id"] else None
        if row["platform"] == "mqtt":
            return JK.address if row["unique_id"].startswith(f"{JK.topic}__") else None
        if row["platform"] == "esphome":
            ours = NODE.replace(":", "")[-6:].lower() in row["unique_id"].lower()
            return NODE if ours else None
        device = self.devices.get(row["device_id"] or "", {})
        pairs = [*device.get("connections", ()), *device.get("identifiers", ())]
        return next((one[1] for one in pairs if one[1] in PEER_OF), None)

    def rows_of(self, address: str, *platforms: str) -> dict[str, Json]:
        """Return the rows of an address, of some platforms."""
        return {
            key: row
            for key, row in self.rows.items()
            if row["platform"] in platforms and self.address_of(row) == address
        }


async def look(api: Api) -> Snapshot:
    """Return what the registries hold now."""
    listed = await api.call("config/entity_registry/list")
    names = [one["entity_id"] for one in listed]
    rows = await api.call("config/entity_registry/get_entries", entity_ids=names)
    devices = await api.call("config/device_registry/list")
    entries = await api.call("config_entries/get")
    return Snapshot(
        {one["id"]: one for one in rows.values() if one},
        {one["id"]: one for one in devices},
        {one["entry_id"]: one for one in entries},
    )


async def furnished(
    home: HomeAssistant, addresses: Iterable[str], pulse: Pulse
) -> Snapshot:
    """Wait until each device has the entities that it will have, and return the registries."""
    count = -1
    seen: Snapshot | None = None

    async def settled() -> Snapshot | None:
        nonlocal count, seen
        await pulse.rest(NO_MORE)
        seen = await look(home.api)
        before, count = count, len(seen.rows)
        each = all(seen.rows_of(one, PEER_OF[one]) for one in addresses)
        return seen if each and before == count else None

    children = (home.child,)
    return await until(
        "the entities of the peers", PATIENCE, settled, children=children
    )


# --- made one's own ------------------------------------------------------------------------

type Change = Callable[[Json, int], Json]

CHANGES: Final[tuple[Change, ...]] = (
    lambda row, n: {"new_entity_id": f"{row['entity_id'].split('.')[0]}.my_own_{n}"},
    lambda _row, n: {"name": f"My own {n}", "icon": "mdi:star"},
    lambda _row, _n: {"area_id": "attic"},
    lambda _row, n: {"labels": ["mine"], "aliases": [f"alias {n}"]},
    lambda _row, _n: {"hidden_by": "user"},
    lambda _row, _n: {"disabled_by": "user"},
    lambda _row, _n: {"options_domain": "sensor", "options": {"display_precision": 2}},
)
UNITS: Final = {"°C": "°F", "Wh": "kWh"}


def changes(row: Json, number: int, unit: str | None) -> Json:
    """Return what a person changes of one row."""
    change = dict(CHANGES[number % len(CHANGES)](row, number))
    sensor = row["entity_id"].startswith("sensor.")
    if "options" in change and not sensor:
        change = {"name": f"My own {number}"}
    if sensor and "disabled_by" not in change and unit in UNITS:
        own = change.get("options", {}) | {"unit_of_measurement": UNITS[unit]}
        change |= {"options_domain": "sensor", "options": own}
    return change


async def make_own(api: Api, seen: Snapshot) -> None:
    """Give areas, labels, names, ids and units to what there is, and hide and disable some of it."""
    await api.call("config/area_registry/create", name="Attic")
    await api.call("config/label_registry/create", name="mine")
    units = {
        one["entity_id"]: one["attributes"].get("unit_of_measurement")
        for one in await api.call("get_states")
    }
    number = 0
    for address, peer in PEER_OF.items():
        rows = sorted(
            seen.rows_of(address, peer).values(), key=lambda one: one["unique_id"]
        )
        for row in rows:
            number += 1
            if row["disabled_by"] is None:
                change = changes(row, number, units.get(row["entity_id"]))
                await api.call(
                    "config/entity_registry/update",
                    entity_id=row["entity_id"],
                    **change,
                )
        devices = {row["device_id"] for row in rows}
        for device in devices if peer in OWN else ():
            await api.call(
                "config/device_registry/update",
                device_id=device,
                area_id="attic",
                name_by_user=f"Mine {address[-5:]}",
                labels=["mine"],
            )


async def import_statistics(api: Api, seen: Snapshot, days: int) -> int:
    """Give each numeric entity of a peer hours of the past; return how many entities."""
    names = {
        row["entity_id"]
        for address in quiet()
        for row in seen.rows_of(address, PEER_OF[address]).values()
    }
    count, hour = 0, int(await now(api)) // 3600 * 3600
    for one in await api.call("recorder/list_statistic_ids"):
        if one["statistic_id"] not in names:
            continue
        count += 1
        rows = []
        for number in range(24 * days):
            start = datetime.fromtimestamp(hour - 3600 * (24 * days - number), UTC)
            value = 10 + number % 7
            told = (
                {"state": number, "sum": number}
                if one["has_sum"]
                else {"mean": value, "min": value - 1, "max": value + 1}
            )
            rows.append({"start": start.isoformat(), **told})
        metadata = {
            "source": "recorder",
            "name": None,
            "statistic_id": one["statistic_id"],
            "has_sum": one["has_sum"],
            "mean_type": one["mean_type"],
            "unit_class": one["unit_class"],
            "unit_of_measurement": one["statistics_unit_of_measurement"],
        }
        await api.call("recorder/import_statistics", metadata=metadata, stats=rows)
    return count


async def now(api: Api) -> float:
    """Return the time as Home Assistant takes it."""
    answer = await api.post("/api/template", {"template": "{{ now().timestamp() }}"})
    return float(answer["message"])
