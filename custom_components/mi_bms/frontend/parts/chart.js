// Lines over time: gaps stay gaps, a sentence says what is drawn, a pointer reads it.

import { h, put, s } from "./dom.js";
import { SLOTS, WIDTH, isTelling, pastOf } from "./history.js";
import { clock, hass, joined, t } from "./text.js";
import { present, wordsOf } from "./values.js";

const WIDE = 1000;
const REDRAW = 10_000;

/** The path of one line, and of what it covers. @param {MiSeries} series */
function paths({ points, top = 0, bottom = 100, low, high }) {
	const y = (value = 0) => (bottom - ((Math.min(high, Math.max(low, value)) - low) / (high - low || 1)) * (bottom - top)).toFixed(1);
	const foot = y(Math.max(low, Math.min(0, high)));
	const step = WIDE / Math.max(1, points.length - 1);
	let [line, area, from] = ["", "", -1];
	for (let index = 0; index <= points.length; index += 1) {
		const value = points[index] ?? null;
		const x = (index * step).toFixed(1);
		if (value !== null) {
			const at = `${x} ${y(value)}`;
			line += `${from < 0 ? "M" : "L"}${at}`;
			area += from < 0 ? `M${x} ${foot}L${at}` : `L${at}`;
			if (from < 0) from = index;
		} else if (from >= 0) {
			// A single point would be no line at all.
			if (index - 1 === from) line += `h${(step / 2).toFixed(1)}`;
			area += `L${((index - 1) * step).toFixed(1)} ${foot}Z`;
			from = -1;
		}
	}
	return { line, area };
}

/** A chart and what draws it. @param {MiChart} options */
export function chart({ height, title, rules = [], read }) {
	const drawn = s("g");
	const cursor = s("path", { class: "cursor" });
	const said = h("span", "num");
	const hours = h("div", { class: "hours num small muted", "aria-hidden": "true" });
	let [usual, count] = ["", 0];
	/** @param {PointerEvent} event */
	const onpointermove = ({ clientX }) => {
		const { left, width } = svg.getBoundingClientRect();
		const index = Math.round(Math.min(1, Math.max(0, (clientX - left) / width)) * (count - 1));
		if (count < 2) return;
		put(cursor, "d", `M${((index * WIDE) / (count - 1)).toFixed(1)} 0V100`);
		said.textContent = read(index);
	};
	const onpointerleave = () => {
		put(cursor, "d", null);
		said.textContent = usual;
	};
	const svg = s(
		"svg",
		{ viewBox: `0 0 ${WIDE} 100`, preserveAspectRatio: "none", role: "img", style: `--h:${height}px`, onpointermove, onpointerleave },
		...rules.map((y) => s("path", { class: "rule", d: `M0 ${y}H${WIDE}` })),
		drawn,
		cursor,
	);
	const node = h("div", "chart", h("div", "chart-head small muted", h("b", "", title), said), svg, hours);
	/** @param {MiDrawing} drawing */
	const draw = ({ series, label, summary = "", days = 1 }) => {
		if (said.textContent === usual) said.textContent = summary;
		usual = summary;
		count = Math.max(0, ...series.map(({ points }) => points.length));
		drawn.replaceChildren(
			...series.flatMap((one) => {
				const { line, area } = paths(one);
				return [s("path", { d: area, class: "area", style: `fill:${one.color}` }), s("path", { d: line, style: `stroke:${one.color}` })];
			}),
		);
		put(svg, "aria-label", label);
		const steps = days > 1 ? days : 4;
		const ends = Array.from({ length: steps + 1 }, (_, index) => Date.now() / 1000 - days * 86400 * (1 - index / steps));
		hours.replaceChildren(...ends.map((time) => h("span", "", clock(time, days > 1 ? { weekday: "short" } : undefined))));
	};
	return { node, draw };
}

/** What a point of a line says. @param {MiId} id @param {number | null} [value] */
export const say = (id, value = null) =>
	value === null ? "" : wordsOf(id, () => (id?.startsWith("binary_") ? (value > 0 ? "on" : "off") : String(Number(value.toPrecision(3)))));

/** The last day of some entities, drawn as it comes. @param {MiCard} card @param {MiId[]} ids @param {number[]} rules @param {(points: MiPoints[]) => MiDrawing} look */
export function day(card, ids, rules, look, height = 64) {
	const wanted = present(ids);
	if (!wanted.length || card.config.history === false || !hass.config.components.includes("history")) return null;
	/** @type {MiPoints[]} */
	let drawn = [];
	const read = (index = 0) => joined(clock(Date.now() / 1000 - (SLOTS - 1 - index) * WIDTH), ...drawn.map((points, which) => say(ids[which], points[index])));
	const { node, draw } = chart({ height, title: t("day_title"), rules, read });
	node.hidden = true;
	let at = 0;
	// Not with each of its points.
	const come = () => {
		const past = pastOf(wanted);
		if (!past.isThere() || Date.now() - at < REDRAW) return;
		at = Date.now();
		drawn = ids.map(past.points);
		node.hidden = !drawn.some(isTelling);
		if (!node.hidden) draw(look(drawn));
	};
	/** @type {(() => void) | null} */
	let leave = null;
	card.day = {
		see() {
			leave ??= pastOf(wanted).stream.follow(come);
			come();
		},
		pause() {
			leave?.();
			leave = null;
		},
	};
	return node;
}
