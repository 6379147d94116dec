"""Prove that devices move here from other integrations without losing anything, and back.

A house full of devices is read by others: Home Assistant's own integrations, stand-ins of two further
ones, batmon and Tasmota over a real broker. Its owner has made the entities their own, and has a month of
statistics. All devices move through the forms; while some of them do, Home Assistant is killed (SIGKILL).
A day later, by a clock that is set ahead, the first ones go back; some of them move again by the list of the
whole house, where one stays for good and one goes back. Registries, states and statistics are compared all
the while.
"""

import asyncio
from collections import Counter
from collections.abc import Container, Iterable, Mapping
import contextlib
import json
import math
from pathlib import Path
import shutil
import sys
import time
from typing import Final

from tests.ports import free_port

from .announcers import Town
from .home_assistant import HomeAssistant, leaked, prepare, unexpected_of_killed
from .meters import kill
from .mosquitto import Broker
from .peers import furnish
from .process import PATIENCE, Trouble, until
from .proof import prove, say, start, verdict
from .pulse import Pulse
from .takeover_flows import (
    DOMAIN,
    Preview,
    back,
    choices,
    finish,
    preview,
    run_beside,
    said,
    say_yes,
    take_all,
)
from .takeover_house import (
    ANNOUNCERS,
    BESIDE,
    FOR_GOOD,
    HEARD,
    KILLS,
    LISTED,
    ONE_BACK,
    OWN,
    PEER_OF,
    Snapshot,
    cards,
    furnished,
    import_statistics,
    killed,
    look,
    make_own,
    move_in,
    quiet,
    stays,
)
from .takeover_judge import (
    NOTHING,
    Database,
    doubled,
    gaps,
    last_state,
    not_kept,
    read,
    unlike,
    without_value,
)
from .upgrade import compiled
from .world_client import WorldProcess

SCENARIO: Final = Path(__file__).parents[1] / "world" / "scenarios" / "takeover.toml"
HOUR: Final = 3600.0  # s
DAYS: Final = 30
AT_ONCE: Final = 3  # previews: each may read a battery
# s of a machine with nothing else to do that a sensor may be without value, and a battery: that is read so often.
LONGEST: Final = {"sensor": 2.0, "battery": 60.0}
BATTERIES: Final = ("bms_ble", "mqtt")
# Home Assistant switches rows on 30 s after they were.
SETTLED: Final = 35.0  # s
ANNOUNCED: Final = 5.0  # s
REDISCOVERED: Final = 25.0  # s in which who is not ignored is there again
# s after which a move, and what was given back with its statistics, are surely on the disk.
SURELY, FORGOTTEN = 200.0, 480.0
MARK: Final = "sensor.mark_of_the_proof"  # says until when is recorded
# That the stand-ins are no part of Home Assistant; and what it says where a move that nobody will finish is
# undone while it starts: the other entry, which is just being set up, is switched off and on for it.
EXPECTED: Final = (
    "integration bms_ble",
    "integration ble_monitor",
    "Ignored unload request for config entry",
    "No ACK from MQTT server",  # of a broker that shares a slow machine
)


class Proof:
    """Do all of it."""

    def __init__(
        self, folder: Path, world: WorldProcess, broker: Broker | None
    ) -> None:
        """Take a scratch folder, the world and the broker, where there is one."""
        self._folder, self._world, self._broker = folder, world, broker
        self._port, self._ahead = free_port(), 0.0
        self._environ: dict[str, str] = {}
        self._pulse, self._marks = Pulse(folder, world, self._now), 0
        self._town: Town | None = None
        self._yes: dict[str, float] = {}
        self._moved: dict[str, str] = {}  # the address by the id of the row
        self.problems: list[str] = []
        self._keys: list[str] = []
        self._valued: set[str] = set()  # rows that showed something before
        self.history_until = 0.0
        self.home: HomeAssistant
        self.before: Snapshot
        self.history: Database
        self.during: Database  # while everything is here

    def addresses(self, addresses: Iterable[str]) -> list[str]:
        """Return those that somebody reads: without a broker nobody speaks over it."""
        silent = () if self._broker else ("mqtt", "tasmota")
        return [one for one in addresses if PEER_OF[one] not in silent]

    async def close(self) -> None:
        """Stop what still runs."""
        if self._town:
            await self._town.end()
        await self._pulse.end()
        if hasattr(self, "home") and self.home.child.alive():
            await self.home.stop()

    # --- lives -------------------------------------------------------------------------

    async def live(self) -> None:
        """Start Home Assistant, the first time or again."""
        if shutil.which("cc"):
            clock = await asyncio.to_thread(compiled, self._folder)
            self._environ = {
                "LD_PRELOAD": str(clock),
                "CLOCK_AHEAD": f"{self._ahead:.0f}",
            }
        prepare(self._folder, self._port)
        furnish(self._folder, HEARD)
        self.home = await start(
            self._folder, self._world, self._port, environ=self._environ
        )
        self._pulse.begin(self.home.api)

    def read_log(self) -> None:
        """Note what a life should not have logged."""
        log = self.home.log_text()
        found = [
            one
            for one in unexpected_of_killed(log)
            if not any(words in one for words in EXPECTED)
        ]
        self.problems += [f"log: {one}" for one in found]
        keys = {one: one for one in self._keys}
        self.problems += [
            f"the log has the key {one[:4]}…" for one in leaked(log, keys)
        ]

    async def end(self, ahead: float = 0.0) -> None:
        """End a life, and let time pass by the clock."""
        await self._pulse.end()
        await self.home.stop()
        self.read_log()
        if self._environ:
            self._ahead += ahead

    def _now(self) -> float:
        return time.time() + self._ahead

    # --- before ------------------------------------------------------------------------

    async def furnish(self) -> None:
        """Let others read everything, and make it somebody's own."""
        truth = await self._world.truth(time.time())
        self._keys = [one["key"] for one in truth.values() if one.get("key")]
        port = None
        if self._broker:
            port = self._broker.port
            self._town = Town(self._world, port, [*ANNOUNCERS])
        await self.live()
        begin = self._town.begin if self._town else lambda: None
        await move_in(self.home, self._world, port, begin)
        for address in self.addresses(BESIDE):
            await run_beside(self.home.api, address)
        seen = await furnished(self.home, self.addresses(PEER_OF), self._pulse)
        counts = Counter(row["platform"] for row in seen.rows.values())
        say(f"others have {dict(counts)}")
        await self.end(HOUR)

    async def make_own(self) -> None:
        """Live on in it: statistics of a month, names, areas, units."""
        await self.live()
        api = self.home.api
        seen = await furnished(self.home, self.addresses(PEER_OF), self._pulse)
        count = await import_statistics(api, seen, DAYS)
        await make_own(api, seen)
        await self._recorded()
        self.before = await look(api)
        shown = {one["entity_id"]: one["state"] for one in await api.call("get_states")}
        self._valued = {
            key
            for key, row in self.before.rows.items()
            if shown.get(row["entity_id"]) not in NOTHING
        }
        self.history_until = self._now() - 2 * HOUR
        self.history = await asyncio.to_thread(read, self._folder, self.history_until)
        say(
            f"{count} entities have {DAYS} days of statistics, all are made somebody's own"
        )

    async def _recorded(self) -> None:
        """Wait until all that was until now is on the disk: the recorder writes in turn."""
        self._marks += 1
        mark = str(self._marks)
        await self.home.api.post(f"/api/states/{MARK}", {"state": mark})

        async def written() -> bool:
            return await asyncio.to_thread(last_state, self._folder, MARK) == mark

        await until("the recorder", PATIENCE, written, children=(self.home.child,))

    # --- moving ------------------------------------------------------------------------

    async def _previews(self, addresses: Iterable[str]) -> list[Preview]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(address: str) -> Preview | None:
            async with gate:
                try:
                    return await preview(self.home.api, address)
                except Trouble as err:
                    self.problems.append(str(err))
                    return None

        found = await asyncio.gather(*(one(address) for address in addresses))
        return [shown for shown in found if shown]

    async def _say_yes(self, shown: Preview) -> None:
        self._yes[shown.address] = self._now()
        try:
            await say_yes(self.home.api, shown)
        except Trouble as err:
            self.problems.append(str(err))

    async def move(self) -> None:
        """Move everything that is moved in peace."""
        shown = await self._previews(self.addresses(quiet()))
        say(f"{len(shown)} previews: {sum(len(one.text) for one in shown)} characters")
        seen = self._part(await look(self.home.api), ())
        self._same(self._part(self.before, ()), seen, "a preview changed")
        for one in shown:
            await self._say_yes(one)
        say(f"{len(shown)} devices are moved")
        await self._pulse.rest(ANNOUNCED)
        if self._town:
            await self._town.say_all(announced=True)
        await self._pulse.rest(SETTLED)
        seen = await look(self.home.api)
        for address in self.addresses(quiet()):
            self._judge_move(address, seen)
        self.problems += doubled(self.before, seen, self._moved)
        await self._recorded()
        self.during = await asyncio.to_thread(read, self._folder, self.history_until)

    def _same(self, before: Snapshot, after: Snapshot, what: str) -> None:
        found = [
            *unlike(before.rows, after.rows, "row"),
            *unlike(before.devices, after.devices, "device"),
        ]
        self.problems += [f"{what}: {one}" for one in found]

    def _judge_move(self, address: str, seen: Snapshot) -> bool:
        """Note what was not moved of a device, or lost of what was; return whether it moved."""
        peer = PEER_OF[address]
        old = self.before.rows_of(address, peer)
        ours = {key for key in old if seen.rows.get(key, {}).get("platform") == DOMAIN}
        self._moved |= dict.fromkeys(ours, address)
        left = [
            row["unique_id"]
            for key, row in old.items()
            if key not in ours and not stays(row)
        ]
        if left and ours:
            self.problems.append(f"{address} {peer}: did not move: {left}")
        self.problems += not_kept(self.before, seen, ours)
        return bool(ours)

    # --- kills -------------------------------------------------------------------------

    async def die(self, number: int) -> None:
        """Be killed some seconds after the yes for some devices, and see that all is well after the next start."""
        addresses = killed(number)
        shown = await self._previews(addresses)
        await asyncio.gather(*(self._say_yes(one) for one in shown))
        await asyncio.sleep(KILLS[number])
        await self._pulse.end()
        await kill(self.home)
        self.read_log()
        await self.live()
        seen = await self.healed(addresses)
        found = {one: self._judge_move(one, seen) for one in addresses}
        self.problems += doubled(self.before, seen, self._moved)
        words = ", ".join(
            f"{PEER_OF[one]} {'moved' if is_moved else 'as before'}"
            for one, is_moved in found.items()
        )
        say(f"killed {KILLS[number]} s after the yes: {words}")

    async def healed(self, addresses: Iterable[str]) -> Snapshot:
        """Wait until what was read before the kill has values again."""
        wanted = {
            key
            for address in addresses
            for key, row in self.before.rows_of(address, PEER_OF[address]).items()
            if key in self._valued and not stays(row)
        }
        dead: list[str] = []
        living = 0

        async def alive() -> Snapshot | None:
            nonlocal living
            seen = await look(self.home.api)
            states = {
                one["entity_id"]: one["state"]
                for one in await self.home.api.call("get_states")
            }
            names = [seen.rows[key]["entity_id"] for key in wanted if key in seen.rows]
            dead[:] = [name for name in names if states.get(name) in NOTHING]
            living = len(names) - len(dead)
            return None if dead or len(names) < len(wanted) else seen

        try:
            return await until(
                "values after a kill",
                PATIENCE,
                alive,
                children=(self.home.child,),
                pause=1.0,
                progress=lambda: living,
            )
        except Trouble:
            self.problems.append(f"without value after a kill: {dead}")
            return await look(self.home.api)

    # --- a day later -------------------------------------------------------------------

    async def give_back(self) -> None:
        """See that all is as it was left, and give back what was moved in peace."""
        await self.live()
        addresses = self.addresses(quiet())
        seen = await self.healed(addresses)
        for address in addresses:
            self._judge_move(address, seen)
        self.problems += doubled(self.before, seen, self._moved)
        issues = (await self.home.api.call("repairs/list_issues"))["issues"]
        say(f"a day later; repairs: {[one['issue_id'] for one in issues]}")
        found = await self.home.api.call("recorder/validate_statistics")
        names = {
            seen.rows[key]["entity_id"]
            for key in self._moved
            if key in seen.rows and seen.rows[key]["disabled_by"] is None
        }
        self.problems += [
            f"statistics of {one}: {found[one]}" for one in names & found.keys()
        ]
        for address in addresses:
            try:
                await back(self.home.api, address)
            except Trouble as err:
                self.problems.append(str(err))
        await self._given_back(addresses)

    async def _given_back(self, addresses: Iterable[str]) -> None:
        """Compare everything but what was killed with what was before."""
        gone = {one for number in range(len(KILLS)) for one in killed(number)}
        before = self._part(self.before, gone)
        same = -math.inf

        async def alike() -> bool:
            nonlocal same
            now = self._part(await look(self.home.api), gone)
            found = [
                *unlike(before.rows, now.rows, ""),
                *unlike(before.devices, now.devices, ""),
            ]
            same = -len(found)
            return not found

        with contextlib.suppress(Trouble):
            await until(
                "the way back",
                PATIENCE,
                alike,
                children=(self.home.child,),
                pause=2.0,
                progress=lambda: same,
            )
        after = self._part(await look(self.home.api), gone)
        self._same(before, after, "after the way back")
        say("everything is given back")

    def _part(self, seen: Snapshot, gone: Container[str]) -> Snapshot:
        """Return what is compared: not who is gone, nor what is learned of who is ours, too, maybe late."""

        def learned(key: str) -> bool:
            # A battery tells of what is asked for rarely when it is read.
            row = seen.rows[key]
            beside = row["platform"] == DOMAIN and seen.address_of(row) in BESIDE
            return beside and key not in self.before.rows

        rows = {
            key: row
            for key, row in seen.rows.items()
            if seen.address_of(row) not in gone and not learned(key)
        }
        devices = {
            key: one
            for key, one in seen.devices.items()
            if not any(
                pair[1] in gone for pair in (*one["identifiers"], *one["connections"])
            )
        }
        return Snapshot(rows, devices, seen.entries)

    # --- the whole house, and for good --------------------------------------------------

    async def move_house(self) -> None:
        """Move some by the list of the house, be content with one, give one back, and finish what is moved."""
        await self._made_are_gone()
        begun = time.monotonic()
        ticked = {*await take_all(self.home.api, LISTED)}
        sure = {
            one
            for one in self.addresses(quiet())
            if PEER_OF[one] in (*OWN, "ble_monitor") and one not in BESIDE
        }
        if missing := sure - ticked:
            self.problems.append(f"the list of the house does not tick {missing}")
        seen = await self.healed(LISTED)
        for address in LISTED:
            if not self._judge_move(address, seen):
                self.problems.append(f"{address} did not move by the list")
        here = [key for key, address in self._moved.items() if address in LISTED]
        self.problems += doubled(self.before, seen, here)
        await self._refused_early(begun)
        say(f"{len(LISTED)} of {len(ticked)} devices are moved by the list")
        # One that was killed while it moved is on the disk by now.
        await self._finish(killed(len(KILLS) - 1)[0])
        await self._one_back()
        await self._forgotten()
        await self._finish(FOR_GOOD)

    async def _refused_early(self, begun: float) -> None:
        """Try to finish a move that is not on the disk yet; ``begun`` is when it began at the earliest."""
        if time.monotonic() - begun > SURELY / 2:
            say("it may be on the disk by now, so slow is this machine")
            return
        early = await finish(self.home.api, FOR_GOOD)
        if (early.get("errors") or {}).get("base") != "move_refused":
            self.problems.append(f"{FOR_GOOD} is finished too early: {said(early)}")
        await self.home.api.close_flow(early["flow_id"])

    async def _made_are_gone(self) -> None:
        """Wait until the entries are gone that were made for moves that were given back."""

        async def gone() -> bool:
            seen = await look(self.home.api)
            titles = [one for one in seen.entries.values() if one["domain"] == DOMAIN]
            return all(one["state"] == "loaded" for one in titles)

        children = (self.home.child,)
        await until("the removal of entries", PATIENCE, gone, children=children)

    async def _finish(self, address: str) -> None:
        """Finish a move: its other entry is gone for good, and nothing else changes."""
        api, peer = self.home.api, PEER_OF[address]
        before = await look(api)
        (entry,) = {
            row["config_entry_id"]
            for row in self.before.rows_of(address, peer).values()
        }
        done = await finish(api, address)
        if done.get("reason") != "move_finished":
            self.problems.append(f"{address} is not finished: {said(done)}")
            return
        await self._pulse.rest(REDISCOVERED)
        seen = await look(api)
        ours = before.rows_of(address, DOMAIN)
        found = unlike(ours, seen.rows_of(address, DOMAIN), "row")
        if entry in seen.entries or entry not in before.entries:
            found.append("the other entry is not removed")
        ignored = [
            key
            for key, one in seen.entries.items()
            if (one["domain"], one["source"]) == (peer, "ignore")
        ]
        if not {*ignored} - before.entries.keys():
            found.append("it is not ignored there")
        if (peer, address) in await cards(api):
            found.append("it is discovered there again")
        if {"give_back", "content"} & {*await choices(api, address)}:
            found.append("a way back is offered")
        self.problems += [f"{address}, finished: {one}" for one in found]
        say(f"{address} is finished; {len(ours)} rows stay, {len(found)} problems")

    async def _one_back(self) -> None:
        """Give one back that has moved by the list, while others stay."""
        peer, api = PEER_OF[ONE_BACK], self.home.api
        before = self.before.rows_of(ONE_BACK, peer)
        if "give_back" not in await choices(api, ONE_BACK):
            self.problems.append(f"{ONE_BACK} cannot be given back")
            return
        await back(api, ONE_BACK)

        async def alike() -> bool:
            return not unlike(before, (await look(api)).rows_of(ONE_BACK, peer), "")

        with contextlib.suppress(Trouble):
            await until(
                "one way back", PATIENCE, alike, children=(self.home.child,), pause=2.0
            )
        self.problems += unlike(
            before, (await look(api)).rows_of(ONE_BACK, peer), "one way back: row"
        )
        say(f"{ONE_BACK} is given back, {len(before)} rows")

    async def _forgotten(self) -> None:
        """Wait until no move is new, and none is on its way back."""
        file = self._folder / ".storage" / f"{DOMAIN}.takeover"

        open_ = math.inf

        async def settled() -> bool:
            nonlocal open_
            orders = json.loads(await asyncio.to_thread(file.read_text))["data"]
            over = {"settled", "content"}
            open_ = sum(one["state"] not in over for one in orders.values())
            return not open_

        await until(
            "all moves on the disk",
            FORGOTTEN,
            settled,
            children=(self.home.child,),
            pause=5.0,
            progress=lambda: -open_,
        )

    # --- in the end --------------------------------------------------------------------

    def judge(self, found: Database) -> None:
        """Judge what was recorded, and print a line for each peer."""
        for peer in sorted(set(PEER_OF.values())):
            rows = {
                key: one for key, one in self._moved.items() if PEER_OF[one] == peer
            }
            if rows:
                self._judge_peer(peer, rows, found)

    def _judge_peer(self, peer: str, rows: Mapping[str, str], found: Database) -> None:
        kept, aside, missing, waits = 0, 0, list[str](), [0.0]
        for key, address in rows.items():
            name = self.before.rows[key]["entity_id"]
            if (meta := self.history.metas.get(name)) is not None:
                kept += self._is_kept(name, found)
                if self._is_aside(name):
                    aside += 1
                elif found_gaps := gaps(found.slots.get(meta.number, ())):
                    missing.append(f"{name} {found_gaps}")
            states = self.during.states.get(name, [])
            yes = self._yes.get(address, 0.0)
            wait = without_value(states, yes, self._pulse.at)
            if wait is not None and address in quiet():
                waits.append(wait)
        say(
            f"{peer:<12} {len({*rows.values()}):>2} devices, {len(rows):>3} rows moved, {kept:>3} statistics kept"
            f" ({aside} put aside meanwhile), {len(missing)} with gaps,"
            f" {max(waits):.2f} s without a value at most"
        )
        most = LONGEST["battery" if peer in BATTERIES else "sensor"]
        if max(waits) > most:
            self.problems.append(f"{peer}: {max(waits):.2f} s without a value")
        if missing:
            self.problems.append(f"{peer}: periods are missing of {missing}")

    def _is_aside(self, name: str) -> bool:
        """Return whether a statistic had another name while its entity was here."""
        number = self.history.metas[name].number
        now = self.during.metas.get(name)
        return now is None or now.number != number

    def _is_kept(self, name: str, found: Database) -> bool:
        """Note a statistic that is not there in the end, or was not meanwhile, as it was before."""
        number = self.history.metas[name].number
        hours = self.history.hours.get(number)
        now = found.metas.get(name)
        problems = [
            f"{name}: {hours} hours {when} are {base.hours.get(number)}"
            for when, base in (("meanwhile", self.during), ("in the end", found))
            if base.hours.get(number) != hours
        ]
        if number not in {one.number for one in self.during.metas.values()}:
            problems.append(f"the statistic of {name} was gone")
        if now is None or now != self.history.metas[name]:
            problems.append(f"{name}: {self.history.metas[name]} became {now}")
        self.problems += problems
        return not problems


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIO, folder)
        stack.push_async_callback(world.stop)
        broker: Broker | None = None
        try:
            broker = Broker(folder)
        except OSError as err:
            say(f"without batmon and Tasmota: {err}")
        else:
            broker.start()
            stack.callback(broker.kill)
            await broker.ready()
        proof = Proof(folder, world, broker)
        stack.push_async_callback(proof.close)
        await proof.furnish()
        await proof.make_own()
        await proof.move()
        for number in range(len(KILLS)):
            await proof.die(number)
        # A day without a value would have no statistics.
        await proof.healed(proof.addresses(PEER_OF))
        await proof.end(24 * HOUR)
        await proof.give_back()
        await proof.move_house()
        await proof.end()
        found = await asyncio.to_thread(read, folder, proof.history_until)
        proof.judge(found)
    return verdict("takeover", proof.problems)


if __name__ == "__main__":
    sys.exit(prove("takeover", run))
