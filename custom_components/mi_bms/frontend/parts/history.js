// The last day of entities: fetched once per page, thinned as it comes.

import { Stream } from "./store.js";
import { hass } from "./text.js";
import { SHORT } from "./values.js";

export const SLOTS = 288;
export const WIDTH = 300; // seconds

/** @param {MiPoints} points */
export const sure = (points) => points.filter((value) => value !== null);
/** Whether there is enough to be drawn: half an hour. @param {MiPoints} points */
export const isTelling = (points) => sure(points).length > SLOTS / 48;

/** A day of one entity: the mean of each slot, in constant space. */
class Line {
	/** How much and how long, by slot in turn. */
	sums = new Float64Array(SLOTS);
	weights = new Float64Array(SLOTS);
	slot = 0;
	time = 0;
	/** @type {number | null} */
	value = null;

	last(until = 0) {
		let time = Math.max(this.time || until, until - SLOTS * WIDTH);
		while (time < until) {
			const slot = Math.floor(time / WIDTH);
			const end = Math.min(until, (slot + 1) * WIDTH);
			const at = slot % SLOTS;
			if (slot !== this.slot) this.sums[at] = this.weights[at] = 0;
			if (this.value !== null) {
				this.sums[at] += this.value * (end - time);
				this.weights[at] += end - time;
			}
			this.slot = slot;
			time = end;
		}
		this.time = time;
	}

	add(time = 0, state = "") {
		this.last(time);
		const value = state === "on" ? 1 : state === "off" ? 0 : Number.parseFloat(state);
		this.value = Number.isFinite(value) ? value : null;
	}

	/** From old to new; what was not known is null. @returns {MiPoints} */
	points(now = Date.now() / 1000) {
		this.last(now);
		const first = Math.ceil(this.time / WIDTH);
		return Array.from({ length: SLOTS }, (_, index) => {
			const at = (first + index) % SLOTS;
			return this.weights[at] ? this.sums[at] / this.weights[at] : null;
		});
	}
}

/** @param {string[]} ids @returns {MiPast} */
function openPast(ids) {
	/** @type {Map<string, Line> | null} */
	let lines = null;
	const stream = new Stream(
		() => {
			lines = null;
			return { type: "history/stream", entity_ids: ids, start_time: new Date(Date.now() - SLOTS * WIDTH * 1000).toISOString(), ...SHORT };
		},
		/** @param {MiStates} message */
		({ states = {} }) => {
			const mine = (lines ??= new Map(ids.map((id) => [id, new Line()])));
			for (const [id, points] of Object.entries(states)) for (const point of points) mine.get(id)?.add(point.lu, point.s);
		},
	);
	return { stream, points: (id) => lines?.get(id ?? "")?.points() ?? [], isThere: () => lines !== null };
}

/** @type {Record<string, MiPast>} */
const open = {};

/** The last day of entities, to be followed. @param {string[]} ids */
export function pastOf(ids) {
	const key = ids.join(" ");
	return (open[key] ??= openPast(ids));
}

/** @type {MiAny} */
const weeks = {};

/** The hourly statistics of an entity's last days. @returns {Promise<MiHour[]>} */
export function statistics(id = "", days = 7, units = {}) {
	const now = Date.now();
	if (now - weeks[id]?.at < 300_000) return weeks[id].rows;
	const start = new Date(now - days * 86_400_000).toISOString();
	const rows = hass
		.callWS({ type: "recorder/statistics_during_period", start_time: start, statistic_ids: [id], period: "hour", types: ["mean", "min", "max"], units })
		.then((found) => found[id] ?? [])
		.catch(() => {
			delete weeks[id];
			return [];
		});
	weeks[id] = { at: now, rows };
	return rows;
}
