// Words, numbers and times as the user reads them.

/** Home Assistant, as a card of the page got it last. @type {Hass} */
export let hass;
export const setHome = (now = hass) => (hass = now);

/** @type {MiAny} */
const loading = {};
/** @type {MiAny} */
const loaded = {};

/** Fetch the cards' words of the user's language, once. */
export function loadTexts() {
	const { language, localize } = hass;
	return (loading[language] ??= hass.loadBackendTranslation("common", "mi_bms").then(
		(found) => void (loaded[language] = found ?? localize),
		() => void delete loading[language],
	));
}

export const hasTexts = () => hass.language in loaded;

export const t = (key = "", values = {}) => (loaded[hass?.language] ?? hass?.localize)?.(`component.mi_bms.common.card_${key}`, values) || "";

/** What there is of some facts, in a line. @param {unknown[]} facts */
export const joined = (...facts) => facts.filter(Boolean).join(" · ");

/** From where to where. @param {{low: string, high: string}} ends */
export const rangeOf = (ends) => (ends.high === ends.low || ends.high.startsWith(`${ends.low}\u00a0`) ? ends.high : t("range", ends));

/** @type {MiRoles} */
const FORMATS = { comma_decimal: "en-US", decimal_comma: "de", space_comma: "fr", quote_decimal: "de-CH", none: "en-US" };
/** @type {MiAny} */
const made = {};
/** A formatter of Intl's, made once. @param {any} kind @param {object} options */
const format = (kind, options, language = hass.locale.language) => (made[`${kind.name} ${language} ${JSON.stringify(options)}`] ??= new kind(language, options));

/** A number that is no entity's state, in the user's way of writing. */
export function number(value = 0, digits = 0, unit = "") {
	if (Number.isNaN(value)) return "–";
	const { language, number_format: style } = hass.locale;
	const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: style !== "none" };
	const text = format(Intl.NumberFormat, options, style === "system" ? navigator.language : (FORMATS[style] ?? language)).format(value);
	return unit ? `${text}\u00a0${unit}` : text;
}

/** How long something takes, in at most two units. */
export function duration(seconds = 0) {
	const minutes = Math.round(seconds / 60);
	const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
	const parts = Object.entries(days ? { day: days, hour: hours } : minutes ? { hour: hours, minute: minutes % 60 } : { second: Math.round(seconds) });
	return parts
		.filter(([unit, value]) => value || unit === "second")
		.map(([unit, value]) => format(Intl.NumberFormat, { style: "unit", unit, unitDisplay: "short" }).format(value))
		.join(" ");
}

/** How long ago a time in seconds was. */
export function ago(time = 0) {
	const seconds = Date.now() / 1000 - time;
	if (Number.isNaN(seconds)) return "";
	if (seconds < 10) return t("just_now");
	const sizes = { day: 86400, hour: 3600, minute: 60, second: 1 };
	const [unit, size] = Object.entries(sizes).find(([, size]) => seconds >= size) ?? ["second", 1];
	return format(Intl.RelativeTimeFormat, { numeric: "auto", style: "short" }).format(-Math.floor(seconds / size), unit);
}

/** The time of day, or a part of a date. @param {Intl.DateTimeFormatOptions} [parts] */
export function clock(time = 0, parts = { hour: "numeric", minute: "2-digit" }) {
	const hour12 = { 12: true, 24: false }[hass.locale.time_format];
	return format(Intl.DateTimeFormat, { hour12, ...parts }).format(time * 1000);
}
