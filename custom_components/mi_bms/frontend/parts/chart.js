// Lines over time: gaps stay gaps, a sentence says what is drawn, a pointer reads it.

import { h, put, s } from "./dom.js";
import { clock } from "./text.js";

const WIDTH = 1000;

/**
 * @typedef {object} Series
 * @property {(number | null)[]} points
 * @property {string} color
 * @property {boolean} [area] fill down to the foot, or to zero
 * @property {number} top of its lane, 0 to 100
 * @property {number} bottom of its lane
 * @property {number} low value at the bottom
 * @property {number} high value at the top
 */

/** Return the path of one line, and of what it covers. @param {Series} series */
function paths({ points, top, bottom, low, high }) {
	const span = high - low || 1;
	/** @param {number} value */
	const y = (value) => (bottom - ((Math.min(high, Math.max(low, value)) - low) / span) * (bottom - top)).toFixed(1);
	const foot = y(Math.max(low, Math.min(0, high)));
	const step = WIDTH / Math.max(1, points.length - 1);
	let line = "";
	let area = "";
	let from = -1;
	for (let index = 0; index <= points.length; index += 1) {
		const value = points[index];
		if (value === null || value === undefined) {
			if (from >= 0) {
				const end = (index - 1) * step;
				// A single point would be no line at all.
				if (index - 1 === from) line += `h${(step / 2).toFixed(1)}`;
				area += `L${end.toFixed(1)} ${foot}Z`;
			}
			from = -1;
			continue;
		}
		const at = `${(index * step).toFixed(1)} ${y(value)}`;
		if (from < 0) {
			from = index;
			line += `M${at}`;
			area += `M${(index * step).toFixed(1)} ${foot}L${at}`;
		} else {
			line += `L${at}`;
			area += `L${at}`;
		}
	}
	return { line, area };
}

/** Return a chart and what draws it. @param {object} options @param {number} options.height px @param {string} options.title @param {number[]} [options.rules] horizontal lines, 0 to 100 @param {(index: number) => string} options.read what one point says */
export function chart({ height, title, rules = [], read }) {
	const drawn = s("g");
	const cursor = s("path", { class: "cursor" });
	const svg = s(
		"svg",
		{ viewBox: `0 0 ${WIDTH} 100`, preserveAspectRatio: "none", role: "img", style: `--h:${height}px` },
		...rules.map((y) => s("path", { class: "rule", d: `M0 ${y}H${WIDTH}` })),
		drawn,
		cursor,
	);
	const said = h("span", { class: "num" });
	let usual = "";
	const hours = h("div", { class: "hours num", "aria-hidden": "true" });
	const node = h("div", { class: "chart" }, h("div", { class: "chart-head" }, h("b", {}, title), said), svg, hours);
	let count = 0;
	svg.addEventListener("pointermove", (event) => {
		const box = svg.getBoundingClientRect();
		const share = (/** @type {PointerEvent} */ (event).clientX - box.left) / box.width;
		const index = Math.round(Math.min(1, Math.max(0, share)) * (count - 1));
		if (count < 2) return;
		put(cursor, "d", `M${((index * WIDTH) / (count - 1)).toFixed(1)} 0V100`);
		said.textContent = read(index);
	});
	svg.addEventListener("pointerleave", () => {
		put(cursor, "d", null);
		said.textContent = usual;
	});
	return {
		node,
		/** @param {Hass} hass @param {Series[]} all @param {string} label @param {number} from seconds @param {number} to @param {string} summary what stands there while nothing is pointed at */
		draw(hass, all, label, from, to, summary) {
			if (said.textContent === usual) said.textContent = summary;
			usual = summary;
			count = Math.max(0, ...all.map((series) => series.points.length));
			drawn.replaceChildren(
				...all.flatMap((series) => {
					const { line, area } = paths(series);
					const made = [s("path", { d: line, style: `stroke:${series.color};stroke-width:1.75` })];
					if (series.area) made.unshift(s("path", { d: area, class: "area", style: `fill:${series.color}` }));
					return made;
				}),
			);
			put(svg, "aria-label", label);
			const steps = to - from > 2 * 86400 ? 7 : 4;
			const wanted = Array.from({ length: steps + 1 }, (_, index) => from + ((to - from) * index) / steps);
			const words = wanted.map((time) =>
				steps === 7
					? new Intl.DateTimeFormat(hass.locale.language, { weekday: "short" }).format(time * 1000)
					: clock(hass, time),
			);
			hours.replaceChildren(...words.map((word) => h("span", {}, word)));
		},
	};
}
