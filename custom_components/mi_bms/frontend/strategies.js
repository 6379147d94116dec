// A dashboard that makes itself, and sections for dashboards that people make.

import { known, whenKnown } from "./parts/store.js";
import { loadTexts, t } from "./parts/text.js";
import { nameOf } from "./parts/values.js";

/** @typedef {Record<string, any>} Any */
/** Return our card. @param {string} kind @param {Any} more @returns {Any} */
const card = (kind, more = {}) => ({ type: `custom:mi-bms-${kind}-card`, ...more });
/** @param {string} heading @param {string} icon @returns {Any} */
const heading = (heading, icon) => ({ type: "heading", heading, icon });
/** @param {(Any | null | false | undefined)[]} cards @returns {Any} */
const section = (...cards) => ({ type: "grid", cards: cards.filter(Boolean) });
/** @param {MiDevice[]} devices */
const named = (devices) => devices.sort((a, b) => a.name.localeCompare(b.name));

/** Return the devices of a kind, by name. @param {string} kind */
const of = (kind) => named(Object.values(known() ?? {}).filter((device) => device.kind === kind));

/** Return one sentence and a button. @param {Hass} hass */
const empty = (hass) =>
	section(
		{ type: "markdown", content: t(hass, "empty"), grid_options: { columns: "full" } },
		{ type: "button", name: t(hass, "add"), icon: "mdi:plus", tap_action: { action: "navigate", navigation_path: "/config/integrations/dashboard/add?domain=mi_bms" } },
	);

/** @returns {Any[]} */
function batteries() {
	const banks = of("bank");
	const all = of("battery");
	const first = banks.length ? banks.map((bank) => card("bank", { device: bank.id })) : all.length > 1 ? [card("bank")] : [];
	const whole = [...first].map((one) => ({ ...one, grid_options: { columns: "full" } }));
	return [...(whole.length ? [{ ...section(...whole), column_span: 2 }] : []), ...all.map((device) => section(card("battery", { device: device.id })))];
}

/** @param {Hass} hass @returns {Any[]} */
function sensors(hass) {
	/** @type {Map<string, MiDevice[]>} */
	const areas = new Map();
	for (const device of of("sensor")) areas.set(device.area ?? "", [...(areas.get(device.area ?? "") ?? []), device]);
	/** @param {string} id */
	const name = (id) => hass.areas[id]?.name ?? t(hass, "elsewhere");
	return [...areas]
		.sort(([a], [b]) => Number(!a) - Number(!b) || name(a).localeCompare(name(b)))
		.map(([area, devices]) => section(heading(name(area), "mdi:home-outline"), ...devices.map(({ id }) => card("sensor", { device: id }))));
}

/** @param {Hass} hass @returns {Any[]} */
function energy(hass) {
	const metered = [...of("bank"), ...of("battery")].filter(({ roles }) => roles.energy_in || roles.energy_out);
	return metered.map(({ name, roles }) => {
		const meters = [roles.energy_in, roles.energy_out].filter(Boolean);
		return section(
			heading(name, "mdi:battery-charging"),
			...meters.map((entity) => ({ type: "statistic", entity, name: nameOf(hass, entity), period: { calendar: { period: "day" } }, stat_type: "change", grid_options: { columns: 6 } })),
			{ type: "statistics-graph", title: t(hass, "week"), entities: meters.map((entity) => ({ entity, name: nameOf(hass, entity) })), period: "day", days_to_show: 7, stat_types: ["change"], chart_type: "bar", grid_options: { columns: "full" } },
			roles.coverage ? { type: "tile", entity: roles.coverage, name: nameOf(hass, roles.coverage), grid_options: { columns: 12 } } : null,
		);
	});
}

/** Return the parts of the registries that a dashboard follows. */
const FOLLOWED = ["entities", "devices", "areas"];

export class Dashboard extends HTMLElement {
	static registryDependencies = FOLLOWED;
	static noEditor = true;

	/** @param {Hass} hass */
	static getCreateSuggestions = (hass) => ({ title: t(hass, "dashboard"), icon: "mdi:home-battery" });

	/** @param {Any} _config @param {Hass} hass */
	static async generate(_config, hass) {
		await Promise.all([loadTexts(hass), whenKnown(hass)]);
		/** @param {string} key @param {string} icon @param {Any[]} sections */
		const view = (key, icon, sections) => ({ title: t(hass, key), path: key, icon, type: "sections", max_columns: 3, sections });
		const views = [
			view("batteries", "mdi:battery-high", batteries()),
			view("sensors", "mdi:thermometer", sensors(hass)),
			view("energy", "mdi:lightning-bolt", energy(hass)),
		].filter(({ sections }) => sections.length);
		if (!views.length) return { views: [view("batteries", "mdi:battery-high", [empty(hass)])] };
		return { title: t(hass, "dashboard"), views: [...views, { title: t(hass, "reception"), path: "reception", icon: "mdi:radio-tower", type: "panel", cards: [card("reception")] }] };
	}
}

/** Return a section's strategy. @param {(hass: Hass, config: Any) => Any[]} cards @param {string} kind */
const sectionOf = (cards, kind) =>
	class extends HTMLElement {
		static registryDependencies = FOLLOWED;
		static getStubConfig = () => ({ type: `custom:mi-bms-${kind}`, ...(kind === "battery" ? { device: of("battery")[0]?.id } : {}) });

		/** @param {Any} config @param {Hass} hass */
		static async generate(config, hass) {
			await Promise.all([loadTexts(hass), whenKnown(hass)]);
			const made = cards(hass, config);
			return made.length ? section(...made) : empty(hass);
		}
	};

/** @type {Record<string, (hass: Hass, config: Any) => Any[]>} */
export const SECTIONS = {
	battery: (_, { device }) => [card("battery", { device: device ?? of("battery")[0]?.id })],
	batteries: (hass) => (of("battery").length ? [heading(t(hass, "batteries"), "mdi:battery-high"), card("bank"), ...of("battery").map(({ id }) => card("battery", { device: id }))] : []),
	climate: (hass) => {
		const found = of("sensor").filter(({ face }) => face === "climate");
		return found.length ? [heading(t(hass, "climate"), "mdi:thermometer"), ...found.map(({ id }) => card("sensor", { device: id }))] : [];
	},
};

/** @param {string} kind */
export const sectionStrategy = (kind) => sectionOf(SECTIONS[kind], kind);
