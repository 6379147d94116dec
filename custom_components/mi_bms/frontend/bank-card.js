// Several batteries: the worst first, who carries how much, what flows between them.

import { MiCard } from "./parts/card.js";
import { h, put, sheet } from "./parts/dom.js";
import { bankForm } from "./parts/forms.js";
import { alarm, head, notice, standing } from "./parts/head.js";
import { RING, chip, facts, flowOf, flowWord, ring, toneOf } from "./parts/ring.js";
import { known, stubOf } from "./parts/store.js";
import { number, t } from "./parts/text.js";
import { isLive, valueOf, wordsOf } from "./parts/values.js";

/** A battery, or a pack of one. @typedef {{id: string, name: string, roles: Record<string, string>, device: MiDevice, why: string}} Member */

/** Return what a device id stands for. @param {MiDevices} all @param {string} id @returns {Member | null} */
function memberOf(all, id) {
	if (all[id]) return { id, name: all[id].name, roles: all[id].roles, device: all[id], why: "" };
	for (const device of Object.values(all)) {
		const pack = device.packs.find((one) => one.device === id);
		if (pack) return { id, name: pack.name || device.name, roles: pack.roles ?? {}, device, why: "" };
	}
	return null;
}

export class BankCard extends MiCard {
	static kinds = ["bank"];
	static sheets = [sheet(RING + STYLE())];
	static getConfigForm = bankForm;
	static getStubConfig = () => stubOf("bank");

	getGridOptions() {
		return { columns: 12, rows: "auto", min_columns: 6, min_rows: 3 };
	}

	isAll() {
		return !this.config.device;
	}

	/** @returns {string[]} */
	devices() {
		const all = known() ?? {};
		if (this.isAll()) return Object.keys(all).filter((id) => all[id].kind === "battery");
		const { device = "" } = this.config;
		return [device, ...(all[device]?.members ?? []).map((id) => memberOf(all, id)?.device.id ?? id)];
	}

	obstacle() {
		if (!this.isAll() || !known()) return super.obstacle();
		return this.devices().length ? null : "no_battery";
	}

	/** @param {HTMLElement} body */
	build(body) {
		const all = /** @type {MiDevices} */ (known());
		const bank = this.isAll() ? null : /** @type {MiDevice} */ (this.device);
		const members = /** @type {Member[]} */ ((bank ? (bank.members ?? []) : this.devices()).map((id) => memberOf(all, id)).filter(Boolean));
		this.watched = [bank, ...members].flatMap((one) => (one ? Object.values(one.roles) : []));
		const rows = members.map((member) => ({ member, ...this.row(member, members, bank) }));
		const list = h("div", { class: "rows", role: "list" }, ...rows.map(({ node }) => node));
		this.bind(
			() => rows.map(({ member }, index) => [this.rank(member), index]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, index]) => index).join(),
			(order) => list.append(...order.split(",").map((index) => rows[Number(index)].node)),
		);
		if (bank) {
			const chips = [["circulating_current", "swap-horizontal"], ["level_spread", "arrow-expand-vertical"], ["batteries_read", "counter"]].filter(([role]) => bank.roles[role]);
			const warning = alarm(this);
			body.append(head(this), ...(warning ? [warning] : []), notice(this), h("div", { class: "main" }, ring(this, bank), facts(this, bank)), list,
				h("div", { class: "chips" }, ...chips.map(([role, symbol]) => chip(this, bank.roles[role], symbol))));
		} else {
			const name = h("h2", { class: "name" }, this.config.name || t(this.hass, "batteries"));
			body.append(h("div", { class: "head" }, name, this.text("span", "age num", () => this.total(members))), list);
		}
	}

	/** Return the power of all of them. @param {Member[]} members */
	total(members) {
		const powers = members.map(({ roles }) => valueOf(this.hass, roles.power)).filter((value) => value !== null);
		const sum = powers.reduce((one, other) => one + other, 0);
		return powers.length ? `${flowWord(this.hass, Math.abs(sum) < 2 ? 0 : Math.sign(sum))} · ${number(this.hass, Math.abs(sum), 0, "W")}` : "";
	}

	/** Return how good a battery is off: the worst has the least. @param {Member} member */
	rank({ roles, device }) {
		const level = valueOf(this.hass, roles.level) ?? -1;
		const alarmed = this.hass.states[roles.problem]?.state === "on";
		return level - (alarmed ? 2000 : 0) - (standing(known()?.[device.id] ?? device) === "fresh" ? 0 : 1000);
	}

	/** Return a line of the list. @param {Member} member @param {Member[]} members @param {MiDevice | null} bank */
	row(member, members, bank) {
		const { roles, device } = member;
		const fill = h("i");
		const meter = h("span", { class: "meter", "aria-hidden": "true" }, fill);
		const now = () => known()?.[device.id] ?? device;
		const said = this.text("span", "num lab", () => {
			const why = this.device?.left_out?.find((one) => one.device === member.id)?.why;
			const how = standing(now());
			if (why || how !== "fresh") return why || t(this.hass, `standing_${how}`);
			const flow = flowOf(this.hass, roles);
			const share = bank?.wiring === "parallel" ? this.share(member, members) : "";
			return [isLive(this.hass, roles.power) && wordsOf(this.hass, roles.power, true), flowWord(this.hass, flow), share].filter(Boolean).join(" · ");
		});
		const link = this.link(roles.level ?? roles.voltage, "row", h("span", { class: "who" }, member.name), this.text("b", "num", () => wordsOf(this.hass, roles.level)), meter, said);
		this.bind(
			() => valueOf(this.hass, roles.level),
			(level) => {
				fill.style.transform = `scaleX(${Math.min(100, level ?? 0) / 100})`;
				put(meter, "data-tone", toneOf(level));
			},
		);
		this.bind(
			() => standing(now()) !== "fresh" || !isLive(this.hass, roles.level),
			(old) => link.classList.toggle("old", old),
		);
		return { node: h("div", { role: "listitem" }, link) };
	}

	/** Return which part of the current a member carries. @param {Member} member @param {Member[]} members */
	share(member, members) {
		const all = members.map(({ roles }) => Math.abs(valueOf(this.hass, roles.current) ?? 0));
		const sum = all.reduce((one, other) => one + other, 0);
		return sum < 1 ? "" : t(this.hass, "share", { share: number(this.hass, (all[members.indexOf(member)] / sum) * 100, 0, "%") });
	}
}

function STYLE() {
	return `
.rows { display: flex; flex-direction: column; gap: 12px; }
.row { display: grid; grid-template-columns: 1fr auto; gap: 3px 12px; width: 100%; }
.row:hover { text-decoration: none; } .row:hover .who { text-decoration: underline; text-decoration-color: var(--line); }
.who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .row b { font-weight: var(--medium); }
.row.old b { color: var(--muted); }
.meter { grid-column: 1 / -1; height: 8px; border-radius: 4px; background: var(--line); overflow: hidden; --tone: var(--state-sensor-battery-high-color); }
.meter[data-tone="half"] { --tone: var(--state-sensor-battery-medium-color); } .meter[data-tone="low"] { --tone: var(--state-sensor-battery-low-color); }
.meter i { display: block; height: 100%; background: var(--tone); border-radius: 4px; transform-origin: 0 0; } :dir(rtl) .meter i { transform-origin: 100% 0; }
.row.old .meter { --tone: var(--muted); } .row .lab { grid-column: 1 / -1; color: var(--muted); font-size: var(--s); }
@container (min-width: 700px) { .rows { display: grid; grid-template-columns: 1fr 1fr; column-gap: 32px; } }
`;
}
