// What a tile can show of a battery: its cells, or where its energy goes.

import { CELLS, look, scaleOf } from "./parts/cells.js";
import { MiCard } from "./parts/card.js";
import { h, icon, put, sheet } from "./parts/dom.js";
import { flowOf, flowWord, timeOf } from "./parts/ring.js";
import { known } from "./parts/store.js";
import { number, t } from "./parts/text.js";
import { wordsOf } from "./parts/values.js";

/** Return whether an entity's device is a battery. @param {Hass} hass @param {{entity_id?: string}} context */
export function isBattery(hass, { entity_id: id = "" }) {
	const entity = hass.entities[id];
	if (entity?.platform !== "mi_bms") return false;
	const device = known()?.[entity.device_id];
	return device ? device.kind !== "sensor" : /level|voltage|power|current/.test(entity.translation_key ?? id);
}

class Feature extends MiCard {
	static frame = "div";
	static kinds = ["battery", "bank"];
	static getStubConfig = () => ({});

	/** @param {{entity_id?: string}} context */
	set context(context) {
		this.entity = context?.entity_id;
		this.aim();
	}

	/** @param {Hass} hass */
	set hass(hass) {
		super.hass = hass;
		this.aim();
	}

	get hass() {
		return super.hass;
	}

	/** Find the device of the tile's entity. */
	aim() {
		const device = this.home?.entities[this.entity ?? ""]?.device_id;
		if (!device || device === this.config.device) return;
		this.config = { ...this.config, device };
		this.reset();
	}
}

export class CellsFeature extends Feature {
	static sheets = [sheet(`${CELLS} :host { --bar: var(--feature-color, var(--primary-color)); } .body { padding: 0; } .cells { position: static; height: var(--feature-height, 42px); } .cell { display: block; }`)];

	/** @param {HTMLElement} body */
	build(body) {
		const device = /** @type {MiDevice} */ (this.device);
		const cells = device.packs.flatMap((pack) => pack.cells);
		this.watched = /** @type {string[]} */ (cells.filter(Boolean));
		const fills = cells.map(() => h("i", { class: "fill" }));
		const row = h("div", { class: "cells", role: "img", style: `--n:${cells.length}` }, ...fills.map((fill) => h("span", { class: "cell well" }, fill)));
		let from = /** @type {unknown} */ (null);
		let seen = look(this.hass, cells);
		const get = () => {
			if (from !== this.hass.states) seen = look(this.hass, cells);
			from = this.hass.states;
			return seen;
		};
		this.bind(get, (now) => {
			const scale = scaleOf(now, false, null);
			fills.forEach((fill, index) => {
				const value = now.volts[index];
				const share = value === null ? 0 : (value - scale.low) / (scale.high - scale.low);
				fill.style.transform = `translateY(${((1 - share) * 100).toFixed(1)}%)`;
				put(/** @type {Element} */ (fill.parentNode), "class", `cell well ${index === now.lowest ? "low" : index === now.highest ? "high" : ""}`);
			});
			put(row, "aria-label", t(this.hass, "cells_label", { count: number(this.hass, cells.length), low: wordsOf(this.hass, cells[Math.max(0, now.lowest)]), high: wordsOf(this.hass, cells[Math.max(0, now.highest)]), difference: number(this.hass, now.spread, 0, "mV") }));
		});
		body.append(row);
	}
}

export class FlowFeature extends Feature {
	static sheets = [sheet(`.body { padding: 0 12px; flex-direction: row; align-items: center; justify-content: space-between; height: var(--feature-height, 42px); border-radius: var(--feature-border-radius, 12px); background: var(--secondary-background-color); } .body > * { display: flex; align-items: center; gap: 8px; white-space: nowrap; } .muted { display: block; min-width: 0; overflow: hidden; text-overflow: ellipsis; } :host { container-type: inline-size; } @container (max-width: 300px) { .muted { display: none; } }`)];

	/** @param {HTMLElement} body */
	build(body) {
		const { roles } = /** @type {MiDevice} */ (this.device);
		this.watched = Object.values(roles);
		const arrow = h("span");
		const flow = () => flowOf(this.hass, roles);
		this.bind(flow, (now) => arrow.replaceChildren(...(now ? [icon(now > 0 ? "arrow-up-bold" : "arrow-down-bold")] : [])));
		body.append(
			h("span", { class: "flow" }, arrow, this.text("b", "num", () => wordsOf(this.hass, roles.power ?? roles.current, true)), this.text("span", "", () => flowWord(this.hass, flow()))),
			this.text("span", "muted", () => timeOf(this.hass, roles, flow())),
		);
	}
}
