// What is followed: once for the page, however many cards ask, and again when a lost connection is back.

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
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	idle;

	/** @param {() => MiAny} ask anew each time @param {(message: any) => unknown} take returns what listeners are told @param {() => void} [ended] */
	constructor(ask, take, ended) {
		this.ask = ask;
		this.take = take;
		this.ended = ended;
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
			this.idle = setTimeout(() => {
				if (this.listeners.size) return;
				this.stop();
				this.ended?.();
			}, LINGER);
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
			// Home Assistant is still starting, or the integration is gone: the cards say so and ask again.
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
		// The connection may be gone already; then so is the subscription.
		await Promise.resolve(end?.()).catch(() => undefined);
	}
}

let devices = /** @type {MiDevices} */ ({});
let isTold = false;

/** All devices of the integration; told are the ids of those that changed, or null for all. */
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

/** All devices: none before they are told. */
export const known = () => devices;
export const isKnown = () => isTold;

/** The devices of a kind, by name. */
export const of = (kind = "") =>
	Object.values(devices)
		.filter((device) => device.kind === kind)
		.sort((one, other) => one.name.localeCompare(other.name));

/** What a new card of a kind begins with: the first such device. @returns {MiConfig} */
export const stubOf = (kind = "") => of(kind).map(({ id }) => ({ device: id }))[0] ?? {};

/** Wait for the devices, for as long as a dashboard waits for its strategy. */
export async function whenKnown() {
	let leave = () => {};
	await new Promise((resolve) => {
		leave = stream.follow(resolve);
		setTimeout(resolve, isTold ? 0 : 4000);
	});
	leave();
}
