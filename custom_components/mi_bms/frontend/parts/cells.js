// The cells of a pack: a bar each, lowest and highest told by shape and text.

import { chart } from "./chart.js";
import { h, icon, link, put } from "./dom.js";
import { statistics, sure } from "./history.js";
import { clock, joined, number, t } from "./text.js";
import { plainOf, present, valueOf } from "./values.js";

const STRIP = 32;
const LEVELS = [20, 50, 100];
// Half of the zoomed scale, in volts: round steps, so that it rests.
const SPANS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];
const SHAPES = ["check-circle-outline", "circle-outline", "alert-circle-outline", "alert-octagon"];
const COLORS = ["ok", "even", "warn", "bad"];

/** The limits between the levels, in millivolts. @param {MiConfig} config */
const levelsOf = (config) =>
	LEVELS.map((usual, index) => {
		const value = Number(config[`level_${index + 1}`] ?? usual);
		return value > 0 && value < Infinity ? value : usual;
	});

/** What the cells of a pack say; an index of -1 is none. @param {MiId[]} cells @param {number[]} [balancing] numbers of cells @returns {MiLook} */
export function look(cells, balancing = []) {
	const volts = cells.map(valueOf);
	const all = sure(volts);
	const [low, high] = [Math.min(...all), Math.max(...all)];
	const spread = all.length > 1 ? Math.round((high - low) * 1000) : Number.NaN;
	return {
		volts,
		lowest: spread > 0 ? volts.indexOf(low) : -1,
		highest: spread > 0 ? volts.indexOf(high) : -1,
		spread,
		mean: all.length ? all.reduce((one, other) => one + other) / all.length : Number.NaN,
		balancing,
	};
}

/** The ends of the scale. @param {MiLook} seen @param {MiLimits | null} [limits] of the whole scale; undefined is the zoomed one */
export function scaleOf({ volts, mean }, limits) {
	const values = sure(volts);
	if (limits) {
		const margin = (limits.high - limits.low) * 0.12;
		return { low: Math.min(limits.low - margin, ...values), high: Math.max(limits.high + margin, ...values) };
	}
	if (limits === null) return { low: 0, high: Math.max(1, ...values) * 1.1 };
	const far = Math.max(0, ...values.map((value) => Math.abs(value - mean)));
	const half = SPANS.find((span) => span >= far * 1.05) ?? far;
	const middle = Math.round(mean / (half / 5)) * (half / 5);
	return { low: middle - half * 1.25, high: middle + half * 1.25 };
}

/** Work something out once, and anew only with other grounds. @template T @param {() => unknown[]} grounds @param {() => T} make */
export function once(grounds, make) {
	let [made, had] = [/** @type {T | null} */ (null), /** @type {unknown[]} */ ([])];
	return () => {
		const now = grounds();
		if (made === null || now.some((one, index) => one !== had[index])) made = make();
		had = now;
		return made;
	};
}

/** How far up a bar a value is, in percent. @param {number | null} value @param {MiLimits} scale */
const shareOf = (value, { low, high }) => (value === null ? 0 : Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100 || 0)));

/** What fills a bar. @param {() => number | null} value @param {() => MiLimits} scale */
export const fill = (value, scale) => h("i", { class: "fill", style: () => `transform:translateY(${(100 - (value() === null ? 0 : Math.max(3, shareOf(value(), scale())))).toFixed(1)}%)` });

/** A sentence on the cells. @param {MiLook} seen @param {MiId[]} cells */
export const sentence = ({ lowest, highest, spread }, cells) =>
	t("cells_label", { count: number(cells.length), low: plainOf(cells[Math.max(0, lowest)]), high: plainOf(cells[Math.max(0, highest)]), difference: number(spread, 0, "mV") });

/** The difference as a headline; a press shows its last days. @param {MiConfig} config @param {() => MiLook} get @param {MiId} id */
export function headline(config, get, id) {
	const levels = levelsOf(config);
	const box = h("div", { class: "week", hidden: true });
	const level = () => (Number.isNaN(get().spread) ? -1 : levels.filter((limit) => get().spread >= limit).length);
	const press = () => {
		box.hidden = !box.hidden;
		put(button, "aria-expanded", String(!box.hidden));
		if (!box.hidden && id) week(box, levels, id);
	};
	const button = h(
		id ? "button" : "div",
		{ class: "headline", ...(id && { type: "button", "aria-expanded": "false", onclick: press }) },
		h("span", "big num", () => number(get().spread, 0, "mV")),
		icon(() => SHAPES[level()] ?? "", () => COLORS[level()]),
		h("span", { class: () => `word small ${COLORS[level()] ?? ""}` }, () => (level() < 0 ? "" : t(`level_${level()}`))),
	);
	return { button, box };
}

/** @param {HTMLElement} box @param {number[]} levels */
async function week(box, levels, id = "") {
	const rows = await statistics(id, 7, { voltage: "mV" });
	const from = Date.now() / 1000 - 7 * 86400;
	const points = /** @type {MiPoints} */ (new Array(168).fill(null));
	for (const { start, max, mean } of rows) {
		const index = Math.floor((start / 1000 - from) / 3600);
		if (index >= 0 && index < 168) points[index] = max ?? mean;
	}
	const all = sure(points);
	if (all.length < 2) {
		box.replaceChildren(h("p", "muted small", t("no_week")));
		return;
	}
	const high = Math.max(levels[0], ...all) * 1.1;
	const { node, draw } = chart({
		height: 72,
		title: t("week_title"),
		rules: levels.filter((level) => level < high).map((level) => 100 - (level / high) * 100),
		read(index) {
			const value = points[index];
			const time = clock(from + index * 3600, { weekday: "short", hour: "numeric", minute: "2-digit" });
			return joined(time, value !== null && number(value, 0, "mV"));
		},
	});
	const ends = { low: number(Math.min(...all)), high: number(Math.max(...all), 0, "mV") };
	draw({ series: [{ points, color: "var(--bar)", low: 0, high }], label: t("week_label", ends), summary: t("range", ends), days: 7 });
	box.replaceChildren(node);
}

/** Let arrow keys walk along the cells: Tab stops once for all. @param {KeyboardEvent} event */
function walk(event) {
	const row = /** @type {HTMLElement} */ (event.currentTarget);
	const all = /** @type {HTMLElement[]} */ ([...row.children]);
	const at = all.findIndex((cell) => cell === event.target);
	const step = getComputedStyle(row).direction === "rtl" ? -1 : 1;
	const to = all[{ ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: all.length - 1 }[event.key] ?? -1];
	if (at < 0 || !to) return;
	event.preventDefault();
	all[at].tabIndex = -1;
	to.tabIndex = 0;
	to.focus();
}

/** The bars of one pack. @param {{isWhole: boolean}} card @param {MiId[]} cells @param {() => MiLook} get @param {MiLimits | null} limits */
export function bars(card, cells, get, limits) {
	const ends = once(
		() => [get(), card.isWhole],
		() => scaleOf(get(), card.isWhole ? limits : undefined),
	);
	const isBlank = () => card.isWhole || Number.isNaN(get().mean);
	const said = { low: t("cell_low"), high: t("cell_high"), balancing: t("cell_balancing") };
	const all = cells.map((id, index) => {
		const name = t("cell", { number: index + 1 });
		const marks = () => {
			const { lowest, highest, balancing } = get();
			return present([index === lowest && "low", index === highest && "high", balancing.includes(index + 1) && "balancing"]);
		};
		return link(
			() => id,
			{
				class: () => `cell ${marks().join(" ")}`,
				tabindex: index ? -1 : 0,
				"aria-label": () => [name, plainOf(id), ...marks().map((mark) => said[mark])].join(", "),
			},
			h("span", { class: "mark", "aria-hidden": "true" }, () => (marks().includes("low") ? "▼" : marks().includes("high") ? "▲" : "")),
			h("span", "well", fill(() => get().volts[index], ends)),
			h("span", { class: "no", "aria-hidden": "true" }, number(index + 1)),
		);
	});
	/** @param {{target: Element}} event */
	const name = ({ target }) => put(target, "title", target.closest(".cell")?.ariaLabel);
	const { length } = cells;
	const row = h("div", { class: "cells", role: "group", style: `--n:${length}`, onkeydown: walk, onpointerover: name, "aria-label": () => sentence(get(), cells) }, ...all);
	/** @param {() => number} get */
	const at = (get) => () => `bottom:${shareOf(get(), ends()).toFixed(1)}%`;
	const lines = Object.entries(limits ?? {}).map(([end, value]) =>
		h("i", { class: `limit ${end}`, hidden: () => !card.isWhole, style: at(() => value) }, h("span", "num", number(value, 2, "V"))),
	);
	const mean = h("i", { class: "limit", hidden: isBlank, style: at(() => get().mean) });
	/** @param {() => number} which */
	const told = (which, shape = "") => h("span", "", () => (which() < 0 ? "" : `${shape} ${number(which() + 1)}\u2002${plainOf(cells[which()])}`));
	return h(
		"div",
		"bars",
		h("div", { class: "ends num muted", hidden: isBlank }, h("span", "", () => number(ends().high, 3, "V")), h("span", "", () => number(ends().low, 3, "V"))),
		h("div", `plot ${length > STRIP ? "strip" : ""} ${length > 16 ? "many" : ""}`, row, h("div", "over", mean, ...lines)),
		h(
			"div",
			"legend num muted small",
			told(() => get().lowest, "▼"),
			told(() => get().highest, "▲"),
			h("span", "swatch", () => (get().balancing.length ? t("cells_balancing", { count: number(get().balancing.length) }) : "")),
		),
	);
}
