// What is followed: once for all cards of a page, and again when a lost connection is back.

import { hass } from "./text.js";

const RETRY = 10_000;
const LINGER = 60_000;

export class Stream {
	/** @type {Set<(news: any) => void>} */
	listeners = new Set();
	/** @type {HassConnection | null} */
	connection = null;
	language = "";
	round = 0;
	isFailed = false;
	/** @type {(() => unknown) | null} */
	end = null;
	idle = 0;

	/** @param {() => MiAny} ask anew each time @param {(message: any) => unknown} take returns what listeners are told */
	constructor(ask, take) {
		this.ask = ask;
		this.take = take;
		this.start = this.start.bind(this);
	}

	/** Tell a listener what comes; return what ends that. @param {(news: any) => void} listener */
	follow(listener) {
		clearTimeout(this.idle);
		this.listeners.add(listener);
		const { connection, language } = hass;
		if (connection !== this.connection || language !== this.language) {
			this.stop();
			[this.connection, this.language] = [connection, language];
			connection.addEventListener("ready", this.start);
			this.start();
		}
		return () => {
			this.listeners.delete(listener);
			clearTimeout(this.idle);
			this.idle = setTimeout(() => this.listeners.size || this.stop(), LINGER);
		};
	}

	async start() {
		const mine = ++this.round;
		const isMine = () => mine === this.round;
		try {
			const end = await this.connection?.subscribeMessage(
				(message) => {
					if (isMine()) this.tell(this.take(message));
				},
				this.ask(),
				{ resubscribe: false },
			);
			if (!isMine()) return await end?.();
			this.end = end ?? null;
			this.fail(false);
		} catch {
			// Home Assistant starts, or the integration is gone: the cards say so and ask again.
			if (!isMine()) return;
			this.fail();
			setTimeout(() => isMine() && this.start(), RETRY);
		}
	}

	fail(now = true) {
		if (now === this.isFailed) return;
		this.isFailed = now;
		this.tell(null);
	}

	/** @param {unknown} news */
	tell(news) {
		for (const listener of [...this.listeners]) listener(news);
	}

	async stop() {
		const { end } = this;
		this.round += 1;
		this.connection?.removeEventListener("ready", this.start);
		[this.connection, this.end] = [null, null];
		// With the connection the subscription may be gone.
		await Promise.resolve(end?.()).catch(() => undefined);
	}
}

let devices = /** @type {MiDevices} */ ({});
let isTold = false;

/** All devices; told are the ids of those that changed, null for all. */
export const stream = new Stream(
	() => ({ type: "mi_bms/devices/subscribe", language: hass.language }),
	/** @param {MiNews} message */
	(message) => {
		const { version, devices: news } = message;
		devices = version ? {} : { ...devices };
		for (const [id, device] of Object.entries(news)) {
			if (device) devices[id] = device;
			else delete devices[id];
		}
		isTold = true;
		return version ? null : new Set(Object.keys(news));
	},
);

/** How a device stands now: what was fresh ages by itself. @param {MiDevice} device */
export function standing({ read_at: at, stale_after: after, standing: said }) {
	return said === "fresh" && at && after && Date.now() / 1000 - at > after ? "old" : said;
}

/** The device with this id, or with such a pack. @returns {MiDevice | undefined} */
export const ownerOf = (id = "") => devices[id] ?? Object.values(devices).find(({ packs }) => packs.some(({ device }) => device === id));

/** Whether an entity's device is read. */
export function isFresh(id = "") {
	const owner = ownerOf(hass.entities[id]?.device_id);
	return owner && standing(owner) === "fresh";
}

/** All devices: none before they are told. */
export const known = () => devices;
export const isKnown = () => isTold;

/** The devices of a kind, by name. */
export const of = (kind = "") =>
	Object.values(devices)
		.filter((device) => device.kind === kind)
		.sort((one, other) => one.name.localeCompare(other.name));

/** What a new card of a kind begins with. @returns {MiConfig} */
export const stubOf = (kind = "") => of(kind).map(({ id }) => ({ device: id }))[0] ?? {};

/** Wait for them, as long as a dashboard waits. */
export async function whenKnown() {
	let leave = () => {};
	await new Promise((resolve) => {
		leave = stream.follow(resolve);
		setTimeout(resolve, isTold ? 0 : 4000);
	});
	leave();
}
