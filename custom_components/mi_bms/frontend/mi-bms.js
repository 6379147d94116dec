// What Home Assistant loads: defines the cards of batteries and sensors, and announces them.

import { BankCard } from "./bank-card.js";
import { BatteryCard } from "./battery-card.js";
import { CellsFeature, FlowFeature, isBattery } from "./features.js";
import { define } from "./parts/dom.js";
import { known } from "./parts/store.js";
import { hasTexts, loadTexts, t } from "./parts/text.js";
import { ReceptionCard } from "./reception-card.js";
import { SensorCard } from "./sensor-card.js";
import { Dashboard, SECTIONS, sectionStrategy } from "./strategies.js";

/** Return a text of the page's language, as soon as there is one. @param {string} key @param {string} usual */
function word(key, usual) {
	const hass = /** @type {any} */ (document.querySelector("home-assistant"))?.hass;
	if (!hass) return usual;
	if (!hasTexts(hass)) loadTexts(hass);
	return t(hass, key) || usual;
}

/** Announce something once; pickers ask for its name when they are opened. @param {"customCards" | "customCardFeatures" | "customStrategies"} list @param {string} type @param {string} key @param {string} usual @param {object} more */
function announce(list, type, key, usual, more) {
	const all = (window[list] ??= []);
	if (all.some((one) => one.type === type && one.strategyType === /** @type {any} */ (more).strategyType)) return;
	all.push({
		type,
		get name() {
			return `Mi BMS: ${word(`is_${key}`, usual)}`;
		},
		get description() {
			return word(`does_${key}`, "");
		},
		...more,
	});
}

/** @type {[string, CustomElementConstructor, string[]][]} */
const CARDS = [
	["battery", BatteryCard, ["battery"]],
	["bank", BankCard, ["bank"]],
	["sensor", SensorCard, ["sensor"]],
	["reception", ReceptionCard, []],
];
for (const [kind, element, kinds] of CARDS) {
	const type = `mi-bms-${kind}-card`;
	define(type, () => element);
	announce("customCards", type, kind, kind, {
		preview: true,
		documentationURL: "https://github.com/mi-bms/mi-bms",
		/** @param {Hass} hass @param {string} id */
		getEntitySuggestion: (hass, id) => {
			const device = known()?.[hass.entities[id]?.device_id];
			return device && kinds.includes(device.kind) ? { config: { type: `custom:${type}`, device: device.id } } : null;
		},
	});
}
/** @type {[string, CustomElementConstructor][]} */
const FEATURES = [["cells", CellsFeature], ["flow", FlowFeature]];
for (const [kind, element] of FEATURES) {
	define(`mi-bms-${kind}-feature`, () => element);
	announce("customCardFeatures", `mi-bms-${kind}-feature`, kind, kind, { configurable: false, isSupported: isBattery });
}
define("ll-strategy-dashboard-mi-bms", () => Dashboard);
announce("customStrategies", "mi-bms", "dashboard", "batteries and sensors", { strategyType: "dashboard" });
for (const kind of Object.keys(SECTIONS)) {
	define(`ll-strategy-section-mi-bms-${kind}`, () => sectionStrategy(kind));
	announce("customStrategies", `mi-bms-${kind}`, `section_${kind}`, kind, { strategyType: "section" });
}
