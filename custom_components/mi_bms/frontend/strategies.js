// A dashboard that makes itself, and sections for dashboards that people make.

import { of, whenKnown } from "./parts/store.js";
import { hass, loadTexts, setHome, t } from "./parts/text.js";
import { nameOf } from "./parts/values.js";

/** Our card. @returns {MiAny} */
const card = (kind = "", device = "", more = {}) => ({ type: `custom:mi-bms-${kind}-card`, ...(device && { device }), ...more });
/** @returns {MiAny} */
const heading = (heading = "", icon = "") => ({ type: "heading", heading, icon: `mdi:${icon}` });
/** @param {MiAny[]} cards @returns {MiAny} */
const section = (...cards) => ({ type: "grid", cards });
const WHOLE = { grid_options: { columns: "full" } };

const empty = () =>
	section(
		{ type: "markdown", content: t("empty"), ...WHOLE },
		{ type: "button", name: t("add"), icon: "mdi:plus", tap_action: { action: "navigate", navigation_path: "/config/integrations/dashboard/add?domain=mi_bms" } },
	);

function batteries() {
	const [banks, all] = [of("bank"), of("battery")];
	const first = banks.length ? banks.map(({ id }) => card("bank", id, WHOLE)) : all.length > 1 ? [card("bank", "", WHOLE)] : [];
	return [...(first.length ? [{ ...section(...first), column_span: 2 }] : []), ...all.map(({ id }) => section(card("battery", id)))];
}

function sensors() {
	const all = of("sensor");
	const name = (id = "") => hass.areas[id]?.name ?? t("elsewhere");
	return [...new Set(all.map(({ area }) => area ?? ""))]
		.sort((one, other) => Number(!one) - Number(!other) || name(one).localeCompare(name(other)))
		.map((here) => section(heading(name(here), "home-outline"), ...all.filter(({ area }) => (area ?? "") === here).map(({ id }) => card("sensor", id))));
}

function energy() {
	const metered = [...of("bank"), ...of("battery")].filter(({ roles }) => roles.energy_in || roles.energy_out);
	return metered.map(({ name, roles }) => {
		// While the page starts, names still begin with the device's.
		const named = (entity = "") => ({ entity, name: nameOf(entity).replace(`${name} `, "") });
		const meters = [roles.energy_in, roles.energy_out].filter(Boolean).map(named);
		return section(
			heading(name, "battery-charging"),
			...meters.map((meter) => ({ type: "statistic", ...meter, period: { calendar: { period: "day" } }, stat_type: "change", grid_options: { columns: 6 } })),
			{ type: "statistics-graph", title: t("week"), entities: meters, period: "day", days_to_show: 7, stat_types: ["change"], chart_type: "bar", ...WHOLE },
			...(roles.coverage ? [{ type: "tile", ...named(roles.coverage), grid_options: { columns: 12 } }] : []),
		);
	});
}

/** Wait for words and devices. @param {Hass} home */
function prepare(home) {
	setHome(home);
	return Promise.all([loadTexts(), whenKnown()]);
}

export class Dashboard extends HTMLElement {
	static noEditor = true;

	/** @param {Hass} home */
	static getCreateSuggestions(home) {
		setHome(home);
		return { title: t("dashboard"), icon: "mdi:home-battery" };
	}

	/** @param {MiAny} _config @param {Hass} home */
	static async generate(_config, home) {
		await prepare(home);
		/** @param {MiAny[]} sections */
		const view = (sections, key = "", icon = "") => ({ title: t(key), path: key, icon: `mdi:${icon}`, type: "sections", max_columns: 3, sections });
		const views = [view(batteries(), "batteries", "battery-high"), view(sensors(), "sensors", "thermometer"), view(energy(), "energy", "lightning-bolt")].filter(({ sections }) => sections.length);
		if (!views.length) return { views: [view([empty()], "batteries", "battery-high")] };
		return { title: t("dashboard"), views: [...views, { ...view([], "reception", "radio-tower"), type: "panel", cards: [card("reception")] }] };
	}
}

/** What sections are made of. @type {Record<string, (config: MiAny) => MiAny[]>} */
export const SECTIONS = {
	battery: ({ device }) => [card("battery", device ?? of("battery")[0]?.id)],
	batteries: () => (of("battery").length ? [heading(t("batteries"), "battery-high"), card("bank"), ...of("battery").map(({ id }) => card("battery", id))] : []),
	climate() {
		const found = of("sensor").filter(({ face }) => face === "climate");
		return found.length ? [heading(t("climate"), "thermometer"), ...found.map(({ id }) => card("sensor", id))] : [];
	},
};

export const sectionStrategy = (kind = "") =>
	class extends HTMLElement {
		static getStubConfig = () => ({ type: `custom:mi-bms-${kind}`, ...(kind === "battery" && { device: of("battery")[0]?.id }) });

		/** @param {MiAny} config @param {Hass} home */
		static async generate(config, home) {
			await prepare(home);
			const made = SECTIONS[kind](config);
			return made.length ? section(...made) : empty();
		}
	};
