// Words, numbers and times as the user reads them.

/** Whose words editors use, which are not told. @type {Hass | null} */
export let home = null;
/** @type {Map<string, Promise<void>>} */
const loading = new Map();
/** @type {Map<string, Localize>} */
const loaded = new Map();

/** Fetch the cards' words of the user's language, once. @param {Hass} hass @returns {Promise<void>} */
export function loadTexts(hass) {
	home = hass;
	const language = hass.language;
	let waiting = loading.get(language);
	if (!waiting) {
		waiting = hass.loadBackendTranslation("common", "mi_bms").then(
			(localize) => {
				loaded.set(language, typeof localize === "function" ? /** @type {Localize} */ (localize) : hass.localize);
			},
			() => {
				loading.delete(language);
			},
		);
		loading.set(language, waiting);
	}
	return waiting;
}

/** @param {Hass} hass */
export const hasTexts = (hass) => loaded.has(hass.language);

/** Return a text of the cards. @param {Hass} hass @param {string} key @param {Record<string, unknown>} [values] */
export function t(hass, key, values) {
	return (loaded.get(hass.language) ?? hass.localize)(`component.mi_bms.common.card_${key}`, values) || "";
}

/** Return from where to where something went. @param {Hass} hass @param {{low: string, high: string}} ends */
export const rangeOf = (hass, ends) => (ends.high === ends.low || ends.high.startsWith(`${ends.low}\u00a0`) ? ends.high : t(hass, "range", ends));

/** @type {Record<string, string | undefined>} */
const FORMATS = { comma_decimal: "en-US", decimal_comma: "de", space_comma: "fr", quote_decimal: "de-CH" };
/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** Return a number that is no entity's state, in the user's way of writing. @param {Hass} hass @param {number} value @param {number} [digits] @param {string} [unit] */
export function number(hass, value, digits = 0, unit = "") {
	const style = hass.locale.number_format;
	const key = `${hass.language} ${style} ${digits}`;
	let format = formats.get(key);
	if (!format) {
		const language = style === "system" ? undefined : (FORMATS[style] ?? hass.locale.language);
		format = new Intl.NumberFormat(style === "none" ? "en-US" : language, {
			minimumFractionDigits: digits,
			maximumFractionDigits: digits,
			useGrouping: style !== "none",
		});
		formats.set(key, format);
	}
	const text = format.format(value);
	return unit ? `${text}\u00a0${unit}` : text;
}

/** @param {Hass} hass @param {number} value @param {string} unit */
const inUnit = (hass, value, unit) =>
	new Intl.NumberFormat(hass.locale.language, { style: "unit", unit, unitDisplay: "short" }).format(value);

/** Return how long something takes, in at most two units. @param {Hass} hass @param {number} seconds */
export function duration(hass, seconds) {
	const minutes = Math.round(seconds / 60);
	if (minutes < 1) return inUnit(hass, Math.round(seconds), "second");
	const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
	const parts = days ? [[days, "day"], [hours, "hour"]] : [[hours, "hour"], [rest, "minute"]];
	return parts
		.filter(([value]) => value)
		.map(([value, unit]) => inUnit(hass, Number(value), String(unit)))
		.join(" ");
}

/** Return how long ago something was. @param {Hass} hass @param {number} seconds */
export function ago(hass, seconds) {
	const steps = /** @type {[number, Intl.RelativeTimeFormatUnit][]} */ ([[86400, "day"], [3600, "hour"], [60, "minute"]]);
	const [size, unit] = steps.find(([size]) => seconds >= size) ?? [1, "second"];
	if (unit === "second" && seconds < 10) return t(hass, "just_now");
	return new Intl.RelativeTimeFormat(hass.locale.language, { numeric: "auto", style: "short" }).format(
		-Math.floor(seconds / size),
		unit,
	);
}

/** Return the time of day. @param {Hass} hass @param {number} time in seconds @param {boolean} [withDay] */
export function clock(hass, time, withDay = false) {
	const twelve = hass.locale.time_format === "12" ? true : hass.locale.time_format === "24" ? false : undefined;
	return new Intl.DateTimeFormat(hass.locale.language, {
		hour: "numeric",
		minute: "2-digit",
		hour12: twelve,
		...(withDay ? { weekday: "short" } : {}),
	}).format(time * 1000);
}

/** Return a remaining time as minutes and seconds. @param {number} seconds */
export function countdown(seconds) {
	const left = Math.max(0, Math.round(seconds));
	return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
