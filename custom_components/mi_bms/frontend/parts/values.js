// Values of entities; the last good one stays when a device is not read any more.

import { isFresh } from "./store.js";
import { hass, number } from "./text.js";

/** @type {Map<string, HassState>} */
const kept = new Map();
/** @type {Set<string>} */
let watched = new Set();
/** Note what is looked at from now on. @param {Set<string>} ids */
export const watchInto = (ids) => (watched = ids);

const says = (state = "") => !/^(unavailable|unknown|nan|)$/i.test(state);

/** Whether an entity says something now. @param {MiId} id */
export const isLive = (id) => Boolean(id && says(hass.states[id]?.state));

/** The state of an entity, else its last one; what a fresh device does not say is not known. @param {MiId} id */
export function stateOf(id) {
	if (!id) return null;
	watched.add(id);
	const state = hass.states[id];
	if (isLive(id)) kept.set(id, state);
	else if (isFresh(id)) return null;
	return (state && kept.get(id)) ?? null;
}

/** @param {MiId} id */
export const isOn = (id) => stateOf(id)?.state === "on";

/** A state as a number. @param {MiId} id */
export function numberOf(id) {
	const value = Number.parseFloat(stateOf(id)?.state ?? "");
	return Number.isFinite(value) ? value : null;
}

/** What units are in V, W, A, Ah, kWh, s or µS/cm. @type {Record<string, number>} */
const UNITS = { V: 1, W: 1, A: 1, Ah: 1, Wh: 1e-3, J: 1 / 3.6e6, s: 1, min: 60, h: 3600, d: 86400, w: 604800, "S/cm": 1e6 };
const PREFIXES = { "": 1, μ: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const FACTORS = new Map(Object.entries(UNITS).flatMap(([unit, one]) => Object.entries(PREFIXES).map(([prefix, times]) => [prefix + unit, one * times])));

/** A value in these units or °C, whatever unit the user chose. @param {MiId} id */
export function valueOf(id) {
	const value = numberOf(id);
	const unit = stateOf(id)?.attributes.unit_of_measurement;
	if (value === null) return null;
	if (unit === "K") return value - 273.15;
	return unit === "°F" ? (value - 32) / 1.8 : value * (FACTORS.get(unit) ?? 1);
}

/** A state in the user's words, or a dash. @param {MiId} id @param {(state: string) => string} [change] */
export function wordsOf(id, change = (state) => state) {
	const state = stateOf(id);
	return state ? hass.formatEntityState(state, change(state.state)) : "–";
}

/** How much, whichever way it goes. @param {MiId} id */
export const sizeOf = (id) => wordsOf(id, (state) => state.replace(/^-/, ""));

/** A number with its unit, for where there are many: it is quicker. @param {MiId} id */
export function plainOf(id) {
	const value = numberOf(id);
	const state = stateOf(id);
	const digits = state?.state.split(".")[1]?.length ?? 0;
	return value === null ? "–" : number(value, Math.min(3, digits), state?.attributes.unit_of_measurement);
}

/** What an entity is called, without its device. */
export function nameOf(id = "") {
	const state = hass.states[id];
	return (state && (hass.formatEntityName(state, [{ type: "entity" }]) || state.attributes.friendly_name)) || id;
}

/** Look up what entities said when last read; return whether anything was found. @param {string[]} ids */
export async function recall(ids, readAt = 0) {
	const wanted = ids.filter((id) => hass.states[id] && !isLive(id) && !kept.has(id));
	if (!wanted.length || !hass.config.components.includes("history")) return false;
	const found = await hass.callWS({
		type: "history/history_during_period",
		start_time: new Date((readAt - 120) * 1000).toISOString(),
		end_time: new Date((readAt + 15) * 1000).toISOString(),
		entity_ids: wanted,
		...SHORT,
	});
	for (const id of wanted) {
		const said = (found[id] ?? []).findLast((/** @type {{s: string}} */ point) => says(point.s));
		if (said && hass.states[id]) kept.set(id, { ...hass.states[id], state: said.s });
	}
	return wanted.some((id) => kept.has(id));
}

export const SHORT = { minimal_response: true, no_attributes: true, significant_changes_only: false, include_start_time_state: true };

/** What there is. @template T @param {(T | null | undefined | false | "")[]} all */
export const present = (all) => /** @type {T[]} */ (all.filter(Boolean));
