// What Home Assistant loads: defines the cards and announces them.

import { BankCard } from "./bank-card.js";
import { BatteryCard } from "./battery-card.js";
import { CellsFeature, FlowFeature, isBattery } from "./features.js";
import { define } from "./parts/dom.js";
import { known } from "./parts/store.js";
import { hasTexts, loadTexts, setHome, t } from "./parts/text.js";
import { ReceptionCard } from "./reception-card.js";
import { SensorCard } from "./sensor-card.js";
import { Dashboard, SECTIONS, sectionStrategy } from "./strategies.js";

function word(key = "", usual = "") {
	const home = /** @type {any} */ (document.querySelector("home-assistant"))?.hass;
	if (!home) return usual;
	setHome(home);
	if (!hasTexts()) loadTexts();
	return t(key) || usual;
}

/** Define an element and announce it once; an opened picker asks for its name. @param {MiLists} list @param {CustomElementConstructor} element @param {object} more */
function announce(list, element, more, key = "", type = "", tag = type) {
	define(element, tag);
	const all = (window[list] ??= []);
	if (all.some((one) => one.tag === tag)) return;
	all.push({
		type,
		tag,
		get name() {
			return `Mi BMS: ${word(`is_${key}`, key)}`;
		},
		get description() {
			return word(`does_${key}`);
		},
		...more,
	});
}

for (const [kind, element] of Object.entries({ battery: BatteryCard, bank: BankCard, sensor: SensorCard, reception: ReceptionCard })) {
	const type = `mi-bms-${kind}-card`;
	const more = {
		preview: true,
		documentationURL: "https://github.com/mi-bms/mi-bms",
		/** @param {Hass} home @param {string} id */
		getEntitySuggestion({ entities }, id) {
			const device = known()[entities[id]?.device_id];
			return device?.kind === kind ? { config: { type: `custom:${type}`, device: device.id } } : null;
		},
	};
	announce("customCards", element, more, kind, type);
}
for (const [kind, element] of Object.entries({ cells: CellsFeature, flow: FlowFeature })) {
	announce("customCardFeatures", element, { configurable: false, isSupported: isBattery }, kind, `mi-bms-${kind}-feature`);
}
announce("customStrategies", Dashboard, { strategyType: "dashboard" }, "dashboard", "mi-bms", "ll-strategy-dashboard-mi-bms");
for (const kind of Object.keys(SECTIONS))
	announce("customStrategies", sectionStrategy(kind), { strategyType: "section" }, `section_${kind}`, `mi-bms-${kind}`, `ll-strategy-section-mi-bms-${kind}`);
