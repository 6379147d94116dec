// What a tile can show of a battery: its cells, or where its energy goes.

import { MiCard } from "./parts/card.js";
import { fill, look, once, scaleOf, sentence } from "./parts/cells.js";
import { h } from "./parts/dom.js";
import { arrow, flowOf, flowWord, timeOf } from "./parts/ring.js";
import { known } from "./parts/store.js";
import { hass } from "./parts/text.js";
import { sizeOf } from "./parts/values.js";

/** Whether an entity's device is a battery. @param {Hass} home @param {{entity_id?: string}} context */
export function isBattery({ entities }, { entity_id: id = "" }) {
	const entity = entities[id];
	if (entity?.platform !== "mi_bms") return false;
	const device = known()[entity.device_id];
	return device ? device.kind !== "sensor" : /level|voltage|power|current/.test(entity.translation_key ?? id);
}

class Feature extends MiCard {
	static frame = "div";
	static kinds = ["battery", "bank"];
	static getStubConfig = () => ({});

	/** @type {string | undefined} */
	entity;

	/** @param {{entity_id?: string}} context */
	set context(context) {
		this.entity = context?.entity_id;
		this.draw(true);
	}

	get deviceId() {
		return hass.entities[this.entity ?? ""]?.device_id ?? "";
	}
}

export class CellsFeature extends Feature {
	build() {
		const cells = this.device.packs.flatMap((pack) => pack.cells);
		const get = once(
			() => [hass.states],
			() => look(cells),
		);
		const mark = (index = 0) => (index === get().lowest ? "low" : index === get().highest ? "high" : "");
		return [
			h(
				"div",
				{ class: "cells", role: "img", style: `--n:${cells.length}`, "aria-label": () => sentence(get(), cells) },
				...cells.map((_, index) =>
					h("span", { class: () => `cell well ${mark(index)}` }, fill(() => get().volts[index], () => scaleOf(get()))),
				),
			),
		];
	}
}

export class FlowFeature extends Feature {
	build() {
		const { roles } = this.device;
		return [
			h("span", "flow", arrow(roles), h("b", "num", () => sizeOf(roles.power ?? roles.current)), h("span", "", () => flowWord(flowOf(roles)))),
			h("span", "muted", () => timeOf(roles)),
		];
	}
}
