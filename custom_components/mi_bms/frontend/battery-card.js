// One battery: how full, where to, how long, cell by cell.

import { MiCard } from "./parts/card.js";
import { bars, headline, look, once } from "./parts/cells.js";
import { day } from "./parts/chart.js";
import { commands } from "./parts/commands.js";
import { h } from "./parts/dom.js";
import { batteryForm } from "./parts/forms.js";
import { head } from "./parts/head.js";
import { sure } from "./parts/history.js";
import { chip, chips, main } from "./parts/ring.js";
import { stubOf } from "./parts/store.js";
import { hass, number, rangeOf, t } from "./parts/text.js";
import { isLive, numberOf, present, recall, wordsOf } from "./parts/values.js";

const CHIPS = { cycles: "autorenew", health: "heart-pulse", charge_fet: "battery-arrow-up-outline", discharge_fet: "battery-arrow-down-outline", heater: "radiator", balancing: "scale-balance" };

/** The coldest and the warmest of some probes. @param {string[]} ids */
function coldAndWarm(ids) {
	const known = ids.filter((id) => numberOf(id) !== null).sort((one, other) => Number(numberOf(one)) - Number(numberOf(other)));
	return [...new Set([known[0], known.at(-1)].map((id) => wordsOf(id)))].join(" … ");
}

export class BatteryCard extends MiCard {
	static kinds = ["battery", "bank"];
	static getConfigForm = batteryForm;

	isWhole = false;

	/** @param {Hass} home */
	static getStubConfig({ entities }) {
		const device = stubOf("battery").device ?? Object.values(entities).find((one) => one.platform === "mi_bms" && one.translation_key === "delta_voltage")?.device_id;
		return device ? { device } : {};
	}

	/** @param {MiConfig} config */
	setConfig(config) {
		this.isWhole = config?.scale === "whole";
		super.setConfig(config);
	}

	getCardSize() {
		return 8;
	}

	build() {
		const { device, config } = this;
		this.lookBack(device);
		return [...head(this), h("div", "cols", main(device), config.cells !== false && this.cells(device), this.past(device), config.chips !== false && this.chips(device)), commands(device.roles)];
	}

	/** Show what was read last where nothing is known now. @param {MiDevice} device */
	lookBack({ read_at: at, roles, packs }) {
		if (at === null || isLive(roles.level)) return;
		const ids = [...Object.values(roles).filter((id) => id.startsWith("sensor.")), ...packs.flatMap((pack) => pack.cells)];
		recall(present(ids), at).then(
			(any) => any && this.draw(),
			() => {},
		);
	}

	/** @param {MiDevice} device */
	chips({ roles, packs }) {
		const probes = present(packs.flatMap((pack) => pack.probes));
		const warm = probes.length ? probes : present([roles.min_cell_temperature, roles.max_cell_temperature, roles.temperature]);
		return chips([warm[0] && chip(warm[0], "thermometer", () => coldAndWarm(warm))], roles, CHIPS);
	}

	/** @param {MiDevice} device */
	cells(device) {
		const packs = device.packs.filter((pack) => pack.cells.length);
		if (!packs.length) return null;
		const looks = packs.map((pack) =>
			once(
				() => [hass.states, this.device],
				() => look(pack.cells, this.device.balancing?.[device.packs.indexOf(pack)]),
			),
		);
		const worst = () => looks.map((get) => get()).reduce((one, other) => (other.spread > one.spread || Number.isNaN(one.spread) ? other : one));
		const { button, box } = headline(this.config, worst, device.roles.difference);
		const name = (index = 0) =>
			h("h3", "pack-name small", packs[index].name || t("pack", { number: index + 1 }), h("span", "num muted", () => number(looks[index]().spread, 0, "mV")));
		return h(
			"div",
			"cells-box",
			h("div", "apart", button, this.scale()),
			box,
			...packs.map(({ cells }, index) => h("section", "pack", packs.length > 1 && name(index), bars(this, cells, looks[index], device.limits))),
		);
	}

	scale() {
		const press = () => {
			this.isWhole = !this.isWhole;
			this.draw();
		};
		const words = ["zoomed", "whole"].map((name, index) => h("span", { "data-on": () => this.isWhole === Boolean(index) }, t(`scale_${name}`)));
		return h("button", { class: "scale small muted", type: "button", "aria-pressed": () => String(this.isWhole), onclick: press }, ...words);
	}

	/** @param {MiDevice} device */
	past({ roles: { level, power } }) {
		const both = level && power;
		/** @param {MiPoints[]} points @returns {MiDrawing} */
		const draw = ([levels, powers]) => {
			const [values, watts] = [sure(levels), sure(powers)];
			const high = Math.max(1, ...watts.map(Math.abs));
			const ends = values.length && { low: number(Math.min(...values)), high: number(Math.max(...values), 0, "%") };
			return {
				series: [
					{ points: levels, color: "var(--bar)", bottom: both ? 60 : 100, low: 0, high: 100 },
					{ points: powers, color: "var(--flow)", top: both ? 68 : 0, low: Math.min(...watts) < 0 ? -high : 0, high },
				],
				label: ends ? t("day_label", { ...ends, now: wordsOf(level) }) : t("day_title"),
				summary: ends ? rangeOf(ends) : "",
			};
		};
		return day(this, [level, power], [0, both ? 60 : 100], draw, both ? 110 : 64);
	}
}
