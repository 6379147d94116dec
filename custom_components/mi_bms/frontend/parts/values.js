// Values of entities; the last good one stays when an entity becomes unavailable.

import { number } from "./text.js";

/** @type {Map<string, HassState>} */
const kept = new Map();
const NOTHING = new Set(["unavailable", "unknown", ""]);

/** Return the state of an entity, else the last one that said something. @param {Hass} hass @param {string | null | undefined} id @returns {HassState | null} */
export function stateOf(hass, id) {
	if (!id) return null;
	const state = hass.states[id];
	if (state && !NOTHING.has(state.state)) {
		kept.set(id, state);
		return state;
	}
	return state ? (kept.get(id) ?? null) : null;
}

/** Return whether an entity says something now. @param {Hass} hass @param {string | null | undefined} id */
export const isLive = (hass, id) => Boolean(id && hass.states[id] && !NOTHING.has(hass.states[id].state));

/** @param {HassState | null} state */
export function numberOf(state) {
	const value = state ? Number.parseFloat(state.state) : Number.NaN;
	return Number.isFinite(value) ? value : null;
}

/** @type {Record<string, number>} */
const FACTORS = { mV: 1e-3, "µV": 1e-6, kV: 1e3, kW: 1e3, MW: 1e6, mW: 1e-3, Wh: 1e-3, MWh: 1e3, MJ: 1 / 3.6, mAh: 1e-3, min: 60, h: 3600, d: 86400, mA: 1e-3 };

/** Return a value in V, W, A, Ah, kWh or s, whatever unit the user chose. @param {Hass} hass @param {string | null | undefined} id */
export function valueOf(hass, id) {
	const state = stateOf(hass, id);
	const value = numberOf(state);
	return state && value !== null ? value * (FACTORS[state.attributes.unit_of_measurement] ?? 1) : null;
}

/** Return a state in the user's words, or a dash. @param {Hass} hass @param {string | null | undefined} id @param {boolean} [unsigned] */
export function wordsOf(hass, id, unsigned = false) {
	const state = stateOf(hass, id);
	if (!state) return "–";
	return unsigned ? hass.formatEntityState(state, state.state.replace(/^-/, "")) : hass.formatEntityState(state);
}

/** Return a number with its unit; many of them in a drawing are worth a way that is quicker. @param {Hass} hass @param {string | null} id */
export function plainOf(hass, id) {
	const state = stateOf(hass, id);
	const value = numberOf(state);
	if (!state || value === null) return "–";
	const digits = state.state.split(".")[1]?.length ?? 0;
	return number(hass, value, Math.min(3, digits), state.attributes.unit_of_measurement);
}

/** Return what an entity is called, without its device. @param {Hass} hass @param {string} id */
export function nameOf(hass, id) {
	const state = hass.states[id];
	if (!state) return "";
	return hass.formatEntityName?.(state, [{ type: "entity" }]) || state.attributes.friendly_name || id;
}

/** Look up what entities said when their device was last read. @param {Hass} hass @param {string[]} ids @param {number} readAt @returns {Promise<boolean>} whether anything was found */
export async function recall(hass, ids, readAt) {
	const wanted = ids.filter((id) => hass.states[id] && !isLive(hass, id) && !kept.has(id));
	if (!wanted.length || !hass.config.components.includes("history")) return false;
	const found = await hass.callWS({
		type: "history/history_during_period",
		start_time: new Date((readAt - 120) * 1000).toISOString(),
		end_time: new Date((readAt + 15) * 1000).toISOString(),
		entity_ids: wanted,
		minimal_response: true,
		no_attributes: true,
		significant_changes_only: false,
		include_start_time_state: true,
	});
	let any = false;
	for (const id of wanted) {
		const said = (found[id] ?? []).findLast((/** @type {{s: string}} */ point) => !NOTHING.has(point.s));
		if (!said || !hass.states[id]) continue;
		kept.set(id, { ...hass.states[id], state: said.s });
		any = true;
	}
	return any;
}
