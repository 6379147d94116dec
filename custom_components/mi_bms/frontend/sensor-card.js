// One sensor, with a face for what it measures.

import { MiCard } from "./parts/card.js";
import { day, say } from "./parts/chart.js";
import { h, icon, link } from "./parts/dom.js";
import { deviceForm } from "./parts/forms.js";
import { head } from "./parts/head.js";
import { statistics, sure } from "./parts/history.js";
import { chips, meter } from "./parts/ring.js";
import { ago, duration, hass, joined, rangeOf, t } from "./parts/text.js";
import { isOn, nameOf, stateOf, valueOf, wordsOf } from "./parts/values.js";

// What stands in front, the first that there is; what is drawn beside it.
/** @type {Record<string, [string[], string]>} */
const FACES = {
	climate: [["temperature", "humidity"], "thermometer"],
	contact: [["opening", "door", "window", "garage_door"], "door"],
	leak: [["moisture_detected", "bottom_submersion", "top_splash", "water"], "water"],
	motion: [["motion", "occupancy", "presence"], "motion-sensor"],
	plant: [["moisture"], "flower"],
	remote: [[], "gesture-tap-button"],
	scale: [["weight"], "scale-bathroom"],
	lock: [["lock", "door", "antilock"], "lock"],
	air: [["pm25", "co2", "tvoc", "formaldehyde"], "air-filter"],
	smoke: [["smoke", "gas"], "smoke-detector"],
	other: [[], "bluetooth"],
};
const QUIET = ["last_seen", "rssi", "lost_packets", "key_state", "key_id", "receiver", "raw", "problem", "firmware", "counter"];
/** What a plant's bars go up to. @type {Record<string, number>} */
const PLANT = { moisture: 100, conductivity: 2000, illuminance: 20000, temperature: 45 };

function comfort(warm = "", damp = "") {
	const [temperature, humidity] = [valueOf(warm), valueOf(damp)];
	if (temperature === null || humidity === null) return "";
	return t(temperature < 18 ? "feels_cold" : temperature > 26 ? "feels_warm" : humidity < 35 ? "feels_dry" : humidity > 65 ? "feels_damp" : "feels_good");
}

/** What stands in front. @param {MiGoal} id @param {() => string} big @param {() => string} more */
const sign = (id, big, more, symbol = "") => link(id, "hero", icon(symbol, "sign"), h("span", "said", h("span", "big num", big), h("span", "muted small", more)));

function hero(symbol = "", id = "", second = "") {
	const since = () => {
		const at = stateOf(id)?.last_changed;
		return at ? t("since", { time: duration((Date.now() - Date.parse(at)) / 1000) }) : "";
	};
	const isState = id.startsWith("binary_");
	const first = sign(id, () => wordsOf(id), () => (isState ? since() : second ? comfort(id, second) : nameOf(id)), symbol);
	const other = second && link(second, "big num", () => wordsOf(second));
	return h("div", { class: () => `pairing ${isState && isOn(id) ? "on" : ""}` }, first, other);
}

/** A bar with its limits: below the low one is too little. @param {MiLimits} [limits] */
function gauge(id = "", top = 100, limits) {
	const word = () => {
		const value = valueOf(id);
		return limits && value !== null && value < limits.low ? t("too_low") : "";
	};
	const marks = Object.values(limits ?? {}).map((at) => h("u", { style: `inset-inline-start:${Math.min(100, (at / top) * 100)}%` }));
	return link(id, "gauge small", h("span", "", () => nameOf(id)), h("span", "word", word), h("b", "num", () => wordsOf(id)), meter(() => Number(valueOf(id)) / top, {}, ...marks));
}

function watering(id = "") {
	const said = h("p", "muted small");
	statistics(id, 14).then((rows) => {
		const at = rows.findLastIndex((row, index) => index > 0 && row.max - rows[index - 1].mean >= 8);
		if (at > 0) said.textContent = t("watered", { time: ago(rows[at].start / 1000) });
	});
	return said;
}

/** The last press, in words. @param {string[]} ids */
function press(ids, symbol = "") {
	const at = (id = "") => Date.parse(stateOf(id)?.state ?? "");
	const last = () => ids.filter(stateOf).sort((one, other) => at(other) - at(one))[0];
	const word = () => {
		const state = stateOf(last());
		return state ? hass.formatEntityAttributeValue(state, "event_type") : t("no_press");
	};
	return sign(() => last() ?? ids[0], word, () => (last() ? joined(nameOf(last()), ago(at(last()) / 1000)) : ""), symbol);
}

export class SensorCard extends MiCard {
	static kinds = ["sensor"];
	static getConfigForm = deviceForm;

	getGridOptions() {
		return { columns: 6, rows: "auto", min_columns: 4, min_rows: 2 };
	}

	build() {
		const { roles, face, limits_of: limits } = this.device;
		const [wanted, symbol] = FACES[face] ?? FACES.other;
		const all = Object.keys(roles);
		const events = all.filter((role) => role.startsWith("event_"));
		const shown = all.filter((role) => !QUIET.includes(role) && /^(binary_)?sensor\./.test(roles[role]));
		const first = wanted.find((role) => roles[role]) ?? (events.length ? "" : shown[0]);
		const id = roles[first];
		const bars = Object.keys(PLANT).filter((role) => face === "plant" && roles[role]);
		const second = face === "climate" && first !== "humidity" ? "humidity" : "";
		const rest = shown.filter((role) => ![first, second, ...bars].includes(role)).slice(0, 6);
		return [
			...head(this),
			bars.length > 0 && h("div", "plant", ...bars.map((role) => gauge(roles[role], PLANT[role], limits?.[role]))),
			bars.length > 0 && roles.moisture && watering(roles.moisture),
			id && !bars.length && hero(symbol, id, roles[second]),
			events.length > 0 && !id && press(events.map((role) => roles[role]), symbol),
			id && this.past(id),
			chips([], roles, Object.fromEntries(rest.map((role) => [role, role.startsWith("battery") ? "battery" : "gauge"]))),
		];
	}

	past(id = "") {
		const isState = id.startsWith("binary_");
		/** @param {MiPoints[]} all @returns {MiDrawing} */
		const draw = ([points]) => {
			const values = sure(points);
			const [low, high] = [Math.min(...values), Math.max(...values)];
			const margin = (high - low) * 0.1 || 1;
			const [name, ends] = [nameOf(id), { low: say(id, low), high: say(id, high) }];
			return {
				series: [{ points, color: "var(--bar)", ...(isState ? { low: 0, high: 0.01 } : { low: low - margin, high: high + margin }) }],
				label: isState ? t("strip_label", { name, state: wordsOf(id) }) : t("line_label", { name, now: wordsOf(id), ...ends }),
				summary: isState ? "" : rangeOf(ends),
			};
		};
		return day(this, [id], [100], draw, isState ? 18 : 56);
	}
}
