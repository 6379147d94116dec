// The cells of a pack: a bar each, the lowest and the highest told by shape and text.

import { chart } from "./chart.js";
import { h, icon, put } from "./dom.js";
import { statistics } from "./history.js";
import { clock, number, t } from "./text.js";
import { plainOf, valueOf } from "./values.js";

export const STRIP = 32;
const LEVELS = [20, 50, 100];
// Half of what the zoomed scale shows, in volts: a round step, so that the scale rests.
const SPANS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];

/** Return the limits between the levels, in millivolts. @param {MiConfig} config @returns {number[]} */
export const levelsOf = (config) =>
	LEVELS.map((usual, index) => {
		const value = Number(config[`level_${index + 1}`] ?? usual);
		return Number.isFinite(value) && value > 0 ? value : usual;
	});

/**
 * @typedef {object} Look
 * @property {(number | null)[]} volts
 * @property {number} lowest index, -1: none
 * @property {number} highest
 * @property {number} spread in millivolts
 * @property {number} mean
 * @property {number[]} balancing numbers of cells
 */

/** Return what the cells of a pack say. @param {Hass} hass @param {(string | null)[]} cells @param {number[]} [balancing] @returns {Look} */
export function look(hass, cells, balancing = []) {
	const volts = cells.map((id) => valueOf(hass, id));
	let [lowest, highest, sum, count] = [-1, -1, 0, 0];
	volts.forEach((value, index) => {
		if (value === null) return;
		sum += value;
		count += 1;
		if (lowest < 0 || value < Number(volts[lowest])) lowest = index;
		if (highest < 0 || value > Number(volts[highest])) highest = index;
	});
	const spread = count ? Math.round((Number(volts[highest]) - Number(volts[lowest])) * 1000) : 0;
	if (!spread) lowest = highest = -1;
	return { volts, lowest, highest, spread, mean: count ? sum / count : Number.NaN, balancing };
}

/** Return the ends of the scale. @param {Look} seen @param {boolean} isWhole @param {{low: number, high: number} | null} limits */
export function scaleOf(seen, isWhole, limits) {
	const values = /** @type {number[]} */ (seen.volts.filter((value) => value !== null));
	if (isWhole && limits) {
		const margin = (limits.high - limits.low) * 0.12;
		return { low: Math.min(limits.low - margin, ...values), high: Math.max(limits.high + margin, ...values), isWhole };
	}
	if (isWhole) return { low: 0, high: Math.max(1, ...values) * 1.1, isWhole };
	const far = Math.max(0, ...values.map((value) => Math.abs(value - seen.mean)));
	const half = SPANS.find((span) => span >= far * 1.05) ?? Math.max(2, far);
	const middle = Math.round(seen.mean / (half / 5)) * (half / 5);
	return { low: middle - half * 1.25, high: middle + half * 1.25, isWhole };
}

/** Return which of the four levels a difference is. @param {number} spread @param {number[]} levels */
export const levelOf = (spread, levels) => levels.filter((limit) => spread >= limit).length;

const SHAPES = ["check-circle-outline", "circle-outline", "alert-circle-outline", "alert-octagon"];
const COLORS = ["ok", "even", "warn", "bad"];

/** Return the difference as a headline; a press shows its last days. @param {import("./card.js").MiCard} card @param {() => Look} get @param {string | undefined} id of the difference */
export function headline(card, get, id) {
	const levels = levelsOf(card.config);
	const value = h("span", { class: "big num" });
	const mark = h("span");
	const word = h("span", { class: "word" });
	const box = h("div", { class: "week" });
	box.hidden = true;
	const button = h(id ? "button" : "div", { class: "headline", ...(id ? { type: "button", "aria-expanded": "false" } : {}) }, value, mark, word);
	card.bind(
		() => get().spread,
		(spread) => {
			value.textContent = number(card.hass, spread, 0, "mV");
		},
	);
	card.bind(
		() => levelOf(get().spread, levels),
		(level) => {
			mark.replaceChildren(icon(SHAPES[level], COLORS[level]));
			word.textContent = t(card.hass, `level_${level}`);
			put(word, "class", `word ${COLORS[level]}`);
		},
	);
	if (id) {
		button.addEventListener("click", async () => {
			box.hidden = !box.hidden;
			put(button, "aria-expanded", String(!box.hidden));
			if (!box.hidden) await week(card.hass, box, id, levels);
		});
	}
	return { button, box };
}

/** @param {Hass} hass @param {HTMLElement} box @param {string} id @param {number[]} levels */
async function week(hass, box, id, levels) {
	const rows = await statistics(hass, id, 7, { voltage: "mV" });
	if (rows.length < 2) {
		box.replaceChildren(h("p", { class: "muted small" }, t(hass, "no_week")));
		return;
	}
	const to = Date.now() / 1000;
	const from = to - 7 * 86400;
	/** @type {(number | null)[]} */
	const points = new Array(168).fill(null);
	for (const row of rows) {
		const index = Math.floor((row.start / 1000 - from) / 3600);
		if (index >= 0 && index < 168) points[index] = row.max ?? row.mean;
	}
	const known = /** @type {number[]} */ (points.filter((value) => value !== null));
	const high = Math.max(levels[0], ...known) * 1.1;
	const drawn = chart({
		height: 72,
		title: t(hass, "week_title"),
		rules: levels.filter((level) => level < high).map((level) => 100 - (level / high) * 100),
		read: (index) => {
			const value = points[index];
			const time = clock(hass, from + index * 3600, true);
			return value === null ? time : `${time} · ${number(hass, value, 0, "mV")}`;
		},
	});
	const ends = { low: number(hass, Math.min(...known)), high: number(hass, Math.max(...known), 0, "mV") };
	drawn.draw(hass, [{ points, color: "var(--bar)", area: true, top: 0, bottom: 100, low: 0, high }], t(hass, "week_label", ends), from, to, t(hass, "range", ends));
	box.replaceChildren(drawn.node);
}

/** Let arrow keys walk along the cells: one stop of the tabulator for all of them. @param {HTMLElement} row */
function walk(row) {
	row.addEventListener("keydown", (event) => {
		const { key } = /** @type {KeyboardEvent} */ (event);
		const all = /** @type {HTMLElement[]} */ ([...row.children]);
		const at = all.indexOf(/** @type {HTMLElement} */ (event.target));
		const forward = getComputedStyle(row).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
		const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
		const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: all.length - 1 }[key];
		if (at < 0 || to === undefined || !all[to]) return;
		event.preventDefault();
		all[at].tabIndex = -1;
		all[to].tabIndex = 0;
		all[to].focus();
	});
}

/** Return one cell, and what draws it. @param {import("./card.js").MiCard} card @param {MiPack} pack @param {number} index */
function cell(card, pack, index) {
	const { hass } = card;
	const fill = h("i", { class: "fill" });
	const mark = h("span", { class: "mark", "aria-hidden": "true" });
	const id = pack.cells[index];
	const node = h(
		"button",
		{ class: "cell", type: "button", tabindex: index ? -1 : 0, click: () => card.moreInfo(id) },
		mark,
		h("span", { class: "well" }, fill),
		h("span", { class: "no", "aria-hidden": "true" }, number(hass, index + 1)),
	);
	let [height, state, label] = ["", "", ""];
	return {
		node,
		/** @param {Look} seen @param {{low: number, high: number}} scale */
		draw(seen, scale) {
			const value = seen.volts[index];
			const share = value === null ? 0 : Math.min(1, Math.max(0.03, (value - scale.low) / (scale.high - scale.low)));
			const shift = `${((1 - share) * 100).toFixed(1)}%`;
			if (shift !== height) fill.style.transform = `translateY(${(height = shift)})`;
			const words = [
				index === seen.lowest && "low",
				index === seen.highest && "high",
				seen.balancing.includes(index + 1) && "balancing",
			].filter(Boolean);
			const now = words.join(" ");
			if (now !== state) {
				state = now;
				put(node, "class", `cell ${state}`);
				mark.textContent = words.includes("low") ? "▼" : words.includes("high") ? "▲" : "";
			}
			const said = [
				t(card.hass, "cell", { number: index + 1 }),
				plainOf(card.hass, id),
				...words.map((word) => t(card.hass, `cell_${word}`)),
			].join(", ");
			if (said === label) return;
			label = said;
			put(node, "aria-label", said);
		},
	};
}

/** Return the bars of one pack. @param {import("./card.js").MiCard & {isWhole: boolean}} card @param {MiPack} pack @param {() => Look} get */
export function bars(card, pack, get) {
	const device = /** @type {MiDevice} */ (card.device);
	const count = pack.cells.length;
	const all = pack.cells.map((_, index) => cell(card, pack, index));
	const row = h("div", { class: "cells", role: "group", style: `--n:${count}` }, ...all.map(({ node }) => node));
	walk(row);
	row.addEventListener("pointerover", (event) => {
		const over = /** @type {Element} */ (event.target).closest(".cell");
		if (over) put(over, "title", over.getAttribute("aria-label"));
	});
	const ends = [h("span"), h("span")];
	const lines = ["high", "low"].map((end) => h("i", { class: `limit ${end}` }, h("span", { class: "num" })));
	const mean = h("i", { class: "limit mean" });
	const plot = h("div", { class: `plot ${count > STRIP ? "strip" : ""} ${count > 16 ? "many" : ""}` }, row, h("div", { class: "over" }, mean, ...lines));
	const legend = h("div", { class: "legend num" });
	let [drawnEnds, drawnLines, said, told] = ["", "", "", ""];
	card.bind(get, (seen) => {
		const scale = scaleOf(seen, card.isWhole, device.limits);
		for (const one of all) one.draw(seen, scale);
		/** @param {number} value */
		const at = (value) => `${(((value - scale.low) / (scale.high - scale.low)) * 100).toFixed(1)}%`;
		const { limits } = device;
		const place = scale.isWhole ? (limits ? `${at(limits.high)} ${at(limits.low)}` : "") : at(seen.mean);
		if (place !== drawnLines) {
			drawnLines = place;
			mean.hidden = scale.isWhole || Number.isNaN(seen.mean);
			mean.style.bottom = mean.hidden ? "" : place;
			lines.forEach((line, index) => {
				const value = index ? limits?.low : limits?.high;
				line.hidden = !scale.isWhole || value === undefined;
				if (line.hidden || value === undefined) return;
				line.style.bottom = at(value);
				/** @type {Element} */ (line.firstChild).textContent = number(card.hass, value, 2, "V");
			});
		}
		const range = scale.isWhole || Number.isNaN(seen.mean) ? "" : `${number(card.hass, scale.high, 3, "V")}\n${number(card.hass, scale.low, 3, "V")}`;
		if (range !== drawnEnds) {
			drawnEnds = range;
			ends.forEach((end, index) => (end.textContent = range.split("\n")[index] ?? ""));
		}
		const pair = [["low", seen.lowest, "▼"], ["high", seen.highest, "▲"]].map(([, index, shape]) =>
			Number(index) < 0 ? "" : `${shape} ${number(card.hass, Number(index) + 1)}\u2002${plainOf(card.hass, pack.cells[Number(index)])}`,
		);
		const busy = seen.balancing.length;
		const text = [...pair, busy ? t(card.hass, "cells_balancing", { count: number(card.hass, busy) }) : ""].join("\n");
		if (text !== said) {
			said = text;
			const parts = text.split("\n");
			legend.replaceChildren(
				...parts.filter(Boolean).map((part, index) => h("span", { class: part === parts[2] && index ? "swatch" : "" }, part)),
			);
		}
		const label = t(card.hass, "cells_label", {
			count: number(card.hass, count),
			low: plainOf(card.hass, pack.cells[Math.max(0, seen.lowest)]),
			high: plainOf(card.hass, pack.cells[Math.max(0, seen.highest)]),
			difference: number(card.hass, seen.spread, 0, "mV"),
		});
		if (label !== told) put(row, "aria-label", (told = label));
	});
	return h("div", { class: "bars" }, h("div", { class: "ends num" }, ...ends), plot, legend);
}

export const CELLS = `
.headline { display: inline-flex; align-items: center; gap: 6px; min-width: 0; }
.headline .big { font-size: var(--xl); font-weight: var(--medium); letter-spacing: -.01em; }
.headline span { display: inline-flex; }
.headline .word { font-size: var(--s); }
.ok { color: var(--ok); } .even { color: var(--primary-text-color); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.cells-head { display: flex; align-items: center; justify-content: space-between; gap: 12px; }
.scale { font-size: var(--s); color: var(--muted); display: inline-flex; border: 1px solid var(--line); border-radius: var(--ha-border-radius-pill, 99px); overflow: hidden; flex: none; }
.scale span { padding: 3px 10px; }
.scale [data-on] { background: var(--secondary-background-color); color: var(--primary-text-color); }
.pack + .pack { margin-top: 14px; }
.pack-name { font-size: var(--s); font-weight: var(--medium); display: flex; justify-content: space-between; gap: 8px; margin: 0 0 4px; }
.pack-name span { font-weight: 400; color: var(--muted); }
.bars { display: grid; grid-template-columns: auto 1fr; column-gap: 8px; }
.ends { display: flex; flex-direction: column; justify-content: space-between; font-size: 11px; color: var(--muted); padding: 14px 0 17px; line-height: 1; }
.ends:has(span:first-child:empty) { display: none; }
.bars:has(.ends span:first-child:empty) { grid-template-columns: 1fr; }
.plot { position: relative; min-width: 0; height: var(--plot, 112px); }
.cells { position: absolute; inset: 0; display: grid; grid-template-columns: repeat(var(--n), minmax(0, 1fr)); column-gap: clamp(1px, calc(120px / var(--n) / 4), 6px); }
.cell { display: grid; grid-template-rows: 14px 1fr 17px; min-width: 0; text-align: center; border-radius: 4px; }
.cell:focus-visible { outline-offset: 0; z-index: 1; }
.mark { font-size: 9px; line-height: 14px; color: var(--primary-text-color); }
.well { position: relative; overflow: hidden; border-radius: 4px; background: color-mix(in srgb, var(--bar) 10%, transparent); min-height: 0; }
.fill { position: absolute; inset: 0; border-radius: 4px 4px 0 0; background: var(--bar); opacity: .6; transform: translateY(100%); }
.cell:hover .fill, .low .fill, .high .fill { opacity: 1; }
.balancing .fill, .swatch::before { background-image: repeating-linear-gradient(45deg, transparent 0 3px, color-mix(in srgb, var(--card-background-color) 75%, transparent) 3px 5px); }
.no { font-size: 11px; line-height: 17px; color: var(--muted); overflow: hidden; }
.low .no, .high .no { color: var(--primary-text-color); font-weight: var(--medium); }
.strip .no, .strip .mark { visibility: hidden; }
.strip .low .mark, .strip .high .mark { visibility: visible; margin: 0 -6px; }
.strip .cell { grid-template-rows: 14px 1fr 0; } .strip .well, .strip .fill { border-radius: 1px; } .strip { --plot: 80px; }
.over { position: absolute; inset: 14px 0 17px; pointer-events: none; } .strip .over { inset-block-end: 0; }
.bars:has(.strip) .ends { padding-bottom: 0; }
.limit { position: absolute; inset-inline: 0; border-top: 1px dashed var(--muted); height: 0; font-style: normal; }
.limit span { position: absolute; inset-inline-end: 0; top: 1px; font-size: 11px; line-height: 13px; color: var(--primary-text-color); background: color-mix(in srgb, var(--card-background-color) 85%, transparent); padding: 0 3px; border-radius: 3px; }
.limit.high span { top: auto; bottom: 2px; }
.legend { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: var(--s); color: var(--muted); padding-top: 4px; }
.swatch::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-inline-end: 6px; background-color: var(--bar); vertical-align: -1px; }
.old .fill, .old .swatch::before { background-color: var(--muted); opacity: .55; }
.week { padding-top: 4px; }
@container (max-width: 460px) { .many .no { visibility: hidden; } .ends { display: none; } .bars { grid-template-columns: 1fr; } }
@container (max-width: 300px) { .plot { --plot: 64px; } .no { display: none; } .cell { grid-template-rows: 12px 1fr 0; } .over { inset: 12px 0 0; } .scale, .legend span:nth-child(n + 3) { display: none; } }
`;
