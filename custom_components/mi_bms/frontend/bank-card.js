// Several batteries: the worst first, who carries how much, what flows between them.

import { MiCard } from "./parts/card.js";
import { h, link, live } from "./parts/dom.js";
import { bankForm } from "./parts/forms.js";
import { head, title } from "./parts/head.js";
import { chips, flowOf, flowWord, main, meter, signOf, toneOf } from "./parts/ring.js";
import { isKnown, known, of, ownerOf, standing } from "./parts/store.js";
import { joined, number, t } from "./parts/text.js";
import { isLive, isOn, present, sizeOf, valueOf, wordsOf } from "./parts/values.js";

const CHIPS = { circulating_current: "swap-horizontal", level_spread: "arrow-expand-vertical", batteries_read: "counter" };

/** The battery, or the pack of one, that a device id stands for. @returns {MiMember | null} */
function memberOf(id = "") {
	const owner = ownerOf(id);
	const pack = owner?.packs.find(({ device }) => device === id);
	return owner ? { ...owner, id, ...(pack && { name: pack.name || owner.name, roles: pack.roles ?? {} }), battery: owner.id } : null;
}

/** @param {MiMember} member */
const how = ({ battery }) => standing(known()[battery]);

/** How good a battery is off: the worst has the least. @param {MiMember} member */
const rank = (member) => (valueOf(member.roles.level) ?? -1) - (isOn(member.roles.problem) ? 2000 : 0) - (how(member) === "fresh" ? 0 : 1000);

/** What those say that are read: no sum has old values in it. @param {MiMember[]} members */
const all = (members, role = "") => members.filter((member) => how(member) === "fresh" && isLive(member.roles[role])).flatMap(({ roles }) => valueOf(roles[role]) ?? []);
/** @param {number[]} values */
const sumOf = (values) => values.reduce((one, other) => one + other, 0);

/** The power of all of them. @param {MiMember[]} members */
function total(members) {
	const powers = all(members, "power");
	const sum = sumOf(powers);
	return powers.length ? `${flowWord(signOf(sum))} · ${number(Math.abs(sum), 0, "W")}` : "";
}

/** Which part of the current a member carries. @param {MiMember} member @param {MiMember[]} members */
function share({ roles }, members) {
	const sum = sumOf(all(members, "current").map(Math.abs));
	return sum >= 1 && isLive(roles.current) && t("share", { share: number((Math.abs(valueOf(roles.current) ?? 0) / sum) * 100, 0, "%") });
}

export class BankCard extends MiCard {
	static kinds = ["bank"];
	static getConfigForm = bankForm;

	get isAll() {
		return !this.deviceId;
	}

	devices() {
		if (this.isAll) return of("battery").map(({ id }) => id);
		return [this.deviceId, ...(this.device?.members ?? []).map((id) => memberOf(id)?.battery ?? id)];
	}

	obstacle() {
		if (!this.isAll || !isKnown()) return super.obstacle();
		return this.devices().length ? null : "no_battery";
	}

	build() {
		const bank = this.isAll ? null : this.device;
		const members = present((bank ? (bank.members ?? []) : this.devices()).map((id) => memberOf(id)));
		const rows = members.map((member) => this.row(member, members));
		const list = h("div", { class: "rows", role: "list" }, ...rows);
		const order = () => [...rows.keys()].sort((one, other) => rank(members[one]) - rank(members[other]));
		live(
			() => order().join(),
			() => list.append(...order().map((index) => rows[index])),
		);
		if (bank) return [...head(this), main(bank), list, chips([], bank.roles, CHIPS)];
		return [title(this.config.name || t("batteries"), h("span", "age num muted small", () => total(members))), list];
	}

	/** A line of the list. @param {MiMember} member @param {MiMember[]} members */
	row(member, members) {
		const { roles, id, name } = member;
		const said = () => {
			const left = !this.isAll && this.device.left_out?.find((one) => one.device === id)?.why;
			if (left || how(member) !== "fresh") return left || t(`standing_${how(member)}`);
			const isParallel = !this.isAll && this.device.wiring === "parallel";
			return joined(isLive(roles.power) && sizeOf(roles.power), flowWord(flowOf(roles)), isParallel && share(member, members));
		};
		const level = () => valueOf(roles.level);
		const bar = meter(() => Number(level()) / 100, { "data-tone": () => toneOf(level()) });
		const row = link(roles.level ?? roles.voltage, "row", h("span", { class: "who", dir: "auto" }, name), h("b", "num", () => wordsOf(roles.level)), bar, h("span", "num lab muted small", said));
		return h("div", { role: "listitem", class: () => (how(member) === "fresh" && isLive(roles.level) ? "" : "old") }, row);
	}
}
