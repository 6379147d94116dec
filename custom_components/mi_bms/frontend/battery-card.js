// One battery: how full, where to, how long, cell by cell.

import { MiCard } from "./parts/card.js";
import { CELLS, bars, headline, look } from "./parts/cells.js";
import { chart } from "./parts/chart.js";
import { h, put, sheet } from "./parts/dom.js";
import { batteryForm } from "./parts/forms.js";
import { alarm, head, notice } from "./parts/head.js";
import { SLOTS, isTelling } from "./parts/history.js";
import { RING, chip, facts, ring } from "./parts/ring.js";
import { stubOf } from "./parts/store.js";
import { CHART } from "./parts/style.js";
import { clock, number, rangeOf, t } from "./parts/text.js";
import { isLive, numberOf, recall, stateOf, wordsOf } from "./parts/values.js";

/** @param {(string | null)[]} ids */
const present = (ids) => /** @type {string[]} */ (ids.filter((id) => id !== null));
/** @type {[string, string][]} */
const CHIPS = [
	["cycles", "autorenew"],
	["health", "heart-pulse"],
	["charge_fet", "battery-arrow-up-outline"],
	["discharge_fet", "battery-arrow-down-outline"],
	["heater", "radiator"],
];

export class BatteryCard extends MiCard {
	static kinds = ["battery", "bank"];
	static sheets = [sheet(CHART + RING + CELLS + LAYOUT())];
	static getConfigForm = batteryForm;

	constructor() {
		super();
		this.isWhole = false;
	}

	/** @param {Hass} hass */
	static getStubConfig(hass) {
		const device = stubOf("battery").device ?? Object.values(hass.entities).find((one) => one.platform === "mi_bms" && one.translation_key === "delta_voltage")?.device_id;
		return device ? { device } : {};
	}

	/** @param {MiConfig} config */
	setConfig(config) {
		this.isWhole = config?.scale === "whole";
		super.setConfig(config);
	}

	getGridOptions() {
		return { columns: 12, rows: "auto", min_columns: 6, min_rows: 3 };
	}

	getCardSize() {
		return 8;
	}

	/** @param {HTMLElement} body */
	build(body) {
		const device = /** @type {MiDevice} */ (this.device);
		const { roles } = device;
		this.watched = [...Object.values(roles)];
		for (const pack of device.packs) this.watched.push(...present([...pack.cells, ...pack.probes]));
		const warning = alarm(this);
		const main = h("div", { class: "main" }, ring(this, device), facts(this, device));
		const chips = this.config.chips === false ? null : this.chips(device);
		const cells = this.config.cells === false ? null : this.cells(device);
		const past = this.config.history === false ? null : this.history(device);
		body.classList.add("battery");
		body.append(head(this), ...(warning ? [warning] : []), notice(this), h("div", { class: "cols" }, main, cells, past, chips));
		this.lookBack(device);
	}

	/** Show what was read last where nothing is known now. @param {MiDevice} device */
	lookBack(device) {
		if (device.read_at === null || isLive(this.hass, device.roles.level)) return;
		const cells = present(device.packs.flatMap((pack) => pack.cells));
		recall(this.hass, [...Object.values(device.roles).filter((id) => id.startsWith("sensor.")), ...cells], device.read_at).then(
			(any) => any && this.draw(),
			() => undefined,
		);
	}

	/** @param {MiDevice} device */
	chips(device) {
		const { roles, packs } = device;
		const probes = present(packs.flatMap((pack) => pack.probes));
		const warm = probes.length ? probes : [roles.min_cell_temperature, roles.max_cell_temperature, roles.temperature].filter(Boolean);
		const made = [];
		if (warm.length) made.push(chip(this, warm[0], "thermometer", () => this.range(warm), ""));
		for (const [role, symbol] of CHIPS) if (roles[role]) made.push(chip(this, roles[role], symbol));
		if (roles.balancing) made.push(chip(this, roles.balancing, "scale-balance"));
		return made.length ? h("div", { class: "chips" }, ...made) : null;
	}

	/** Return the coldest and the warmest of some probes. @param {string[]} ids */
	range(ids) {
		const states = ids.map((id) => stateOf(this.hass, id)).filter((state) => numberOf(state) !== null);
		states.sort((a, b) => Number(numberOf(a)) - Number(numberOf(b)));
		const [low, high] = [states[0], states.at(-1)];
		if (!low || !high) return "–";
		const words = [low, high].map((state) => this.hass.formatEntityState(state));
		return words[0] === words[1] ? words[0] : words.join(" … ");
	}

	/** @param {MiDevice} device */
	cells(device) {
		const packs = device.packs.filter((pack) => pack.cells.length);
		if (!packs.length) return null;
		// Looked at once in a drawing, however many ask.
		/** @type {Map<MiPack, import("./parts/cells.js").Look>} */
		const looks = new Map();
		/** @type {unknown[]} */
		let [states, told] = [null, null];
		/** @param {MiPack} pack */
		const get = (pack) => {
			if (states !== this.hass.states || told !== this.device) looks.clear();
			[states, told] = [this.hass.states, this.device];
			let seen = looks.get(pack);
			if (!seen) looks.set(pack, (seen = look(this.hass, pack.cells, this.device?.balancing?.[device.packs.indexOf(pack)])));
			return seen;
		};
		const worst = () => packs.map(get).reduce((a, b) => (b.spread > a.spread ? b : a));
		const { button, box } = headline(this, worst, device.roles.difference);
		const scale = this.scale();
		const bodies = packs.map((pack, index) =>
			h(
				"section",
				{ class: "pack" },
				packs.length > 1
					? h(
							"h3",
							{ class: "pack-name" },
							pack.name || t(this.hass, "pack", { number: index + 1 }),
							this.text("span", "num", () => number(this.hass, get(pack).spread, 0, "mV")),
						)
					: null,
				bars(this, pack, () => get(pack)),
			),
		);
		return h("div", { class: "cells-box" }, h("div", { class: "cells-head" }, button, scale), box, ...bodies);
	}

	/** Return the choice of the two scales. */
	scale() {
		const words = ["scale_zoomed", "scale_whole"].map((key) => h("span", {}, t(this.hass, key)));
		const mark = () => words.forEach((word, index) => put(word, "data-on", this.isWhole === Boolean(index)));
		mark();
		const button = h(
			"button",
			{
				class: "scale",
				type: "button",
				"aria-pressed": String(this.isWhole),
				click: () => {
					this.isWhole = !this.isWhole;
					put(button, "aria-pressed", String(this.isWhole));
					mark();
					this.redrawAll();
				},
			},
			...words,
		);
		return button;
	}

	/** Draw everything once more, though no value changed. */
	redrawAll() {
		for (const bind of this.binds) bind.last = this;
		this.draw();
	}

	/** @param {MiDevice} device */
	history(device) {
		const ids = [device.roles.level, device.roles.power].filter(Boolean);
		if (!ids.length || !this.hass.config.components.includes("history")) return null;
		const hasPower = Boolean(device.roles.level && device.roles.power);
		/** @type {(number | null)[][]} */
		let drawn = [[], []];
		const made = chart({
			height: hasPower ? 110 : 64,
			title: t(this.hass, "day_title"),
			rules: hasPower ? [0, 60] : [0, 100],
			read: (index) => this.reading(device, drawn, index),
		});
		made.node.hidden = true;
		this.pastIds = ids;
		this.drawPast = () => {
			drawn = [device.roles.level, device.roles.power].map((id) => (id && this.past?.points(id)) || []);
			made.node.hidden = !drawn.some(isTelling);
			const now = Date.now() / 1000;
			const { label, summary } = this.dayWords(device, drawn[0]);
			made.draw(this.hass, this.series(drawn, hasPower), label, now - 86400, now, summary);
		};
		return made.node;
	}

	/** @param {(number | null)[][]} drawn @param {boolean} hasBoth @returns {import("./parts/chart.js").Series[]} */
	series([levels, powers], hasBoth) {
		const most = Math.max(1, ...powers.map((value) => Math.abs(value ?? 0)));
		const lane = hasBoth ? { top: 68, bottom: 100 } : { top: 0, bottom: 100 };
		const low = Math.min(0, ...powers.map((value) => value ?? 0));
		const all = [];
		if (levels.length) all.push({ points: levels, color: "var(--day)", area: true, top: 0, bottom: hasBoth ? 60 : 100, low: 0, high: 100 });
		if (powers.length)
			all.push({ points: powers, color: "var(--flowing)", area: true, ...lane, low: low ? -most : 0, high: most });
		return all;
	}

	/** Return what one point of the day says. @param {MiDevice} device @param {(number | null)[][]} drawn @param {number} index */
	reading(device, drawn, index) {
		const ids = [device.roles.level, device.roles.power];
		const words = drawn.map((points, which) => {
			const value = points[index];
			const state = stateOf(this.hass, ids[which]);
			return value === null || value === undefined || !state ? "" : this.hass.formatEntityState(state, String(Number(value.toPrecision(3))));
		});
		const time = clock(this.hass, Date.now() / 1000 - (SLOTS - 1 - index) * (86400 / SLOTS));
		return [time, ...words].filter(Boolean).join(" · ");
	}

	/** Return what the curve of the day shows, in a sentence and in short. @param {MiDevice} device @param {(number | null)[]} levels */
	dayWords(device, levels) {
		const values = /** @type {number[]} */ (levels.filter((value) => value !== null));
		if (!values.length) return { label: t(this.hass, "day_title"), summary: "" };
		const ends = { low: number(this.hass, Math.min(...values)), high: number(this.hass, Math.max(...values), 0, "%") };
		return {
			label: t(this.hass, "day_label", { ...ends, now: wordsOf(this.hass, device.roles.level) }),
			summary: rangeOf(this.hass, ends),
		};
	}
}

/** Return the levels' own sheet: how the parts stand together. */
function LAYOUT() {
	return `
:host { --bar: var(--primary-color); --day: var(--primary-color); --flowing: var(--energy-battery-out-color, var(--secondary-text-color)); }
.cols, .cells-box { display: flex; flex-direction: column; gap: 16px; min-width: 0; }
.cells-box { gap: 8px; }
.old { --day: var(--muted); --flowing: var(--muted); }
@container (min-width: 640px) { .cols { display: grid; grid-template: "main cells" auto "chips cells" 1fr "past past" auto / minmax(270px, 5fr) 7fr; column-gap: 32px; align-items: start; }
	.main { grid-area: main; } .chips { grid-area: chips; } .cells-box { grid-area: cells; --plot: 136px; } .chart { grid-area: past; } .week .chart { grid-area: auto; } }
@container (min-width: 1000px) { .cells-box:has(.pack + .pack + .pack) { display: grid; grid-template-columns: 1fr 1fr; column-gap: 24px; } .cells-head, .week { grid-column: 1 / -1; } .pack + .pack { margin-top: 0; } }
@container (max-width: 300px) { .chips, .chart { display: none; } .cols { gap: 10px; } }
@container (max-height: 230px) { .pack, .week, .scale, .chips, .chart { display: none; } }
@container (max-height: 400px) { .cols > .chart { display: none; } }
`;
}
