"""A whole simulated world: the air, its proxies, and the devices of one scenario."""

from collections.abc import Mapping
import contextlib
from dataclasses import replace

from .bluez import Adapter, BlueZ
from .bus import PrivateBus, Tree
from .proxy import HOST, Proxy
from .radio import Radio
from .scenario import DeviceSpec, Scenario


class World:
    """Run a scenario."""

    def __init__(
        self, scenario: Scenario, ports: Mapping[str, int] | None = None
    ) -> None:
        """Take the scenario and, by name of proxy, ports to be used if they are free."""
        self.radio = Radio(seed=scenario.seed)
        self._time_zone = scenario.time_zone
        self.devices: dict[str, DeviceSpec] = {
            one.peripheral.address: one for one in scenario.devices
        }
        self.proxies: list[Proxy] = []
        self._fixed: set[str] = {one.name for one in scenario.proxies if one.port}
        for spec in scenario.proxies:
            port = spec.port or (ports or {}).get(spec.name, 0)
            self.proxies.append(Proxy(replace(spec, port=port), self.radio))
        self.adapters = [Adapter(one, self.radio) for one in scenario.adapters]
        self.bus = PrivateBus() if self.adapters else None
        self._tree: Tree | None = None
        for device in scenario.devices:
            self.radio.place(device.peripheral, device.heard_by, device.faults)

    async def start(self) -> None:
        """Start all proxies and adapters, then the air; raise ``OSError`` when something is taken or missing."""
        for proxy in self.proxies:
            try:
                await proxy.start()
            except OSError as err:
                if proxy.name in self._fixed:
                    raise OSError(
                        f"proxy {proxy.name}: port {proxy.port} on {HOST} is taken"
                    ) from err
                proxy.port = 0
                await proxy.start()
        if self.bus is not None:
            await self.bus.start()
            self._tree = Tree(await self.bus.join())
            await BlueZ(self._tree, self.adapters).start()
        self.radio.start()

    async def stop(self) -> None:
        """Stop everything."""
        await self.radio.stop()
        for proxy in self.proxies:
            with contextlib.suppress(OSError):
                await proxy.stop()
        if self._tree is not None:
            await self._tree.stop()
        if self.bus is not None:
            await self.bus.stop()

    def summary(self) -> dict[str, object]:
        """Return the state of proxies and links."""
        return {
            "time_zone": self._time_zone,
            "proxies": [
                {
                    "name": one.name,
                    "mac": one.spec.mac,
                    "port": one.port,
                    "mode": one.mode,
                    "always_active": one.spec.always_active,
                    "subscribed": one.subscriber is not None,
                    "clients": len(one.sessions),
                    "slots": one.spec.slots,
                    "slots_used": len(one.allocated),
                }
                for one in self.proxies
            ],
            "adapters": [
                {"name": one.name, "slots": one.spec.slots, "slots_used": one.links}
                for one in self.adapters
            ],
            "devices": {
                address: {
                    "adverts": station.adverts,
                    "connects": station.connects,
                    "refused": station.refused,
                    "connected": station.link is not None,
                    "faults": station.faults.active(),
                }
                for address, station in self.radio.stations.items()
            },
        }
