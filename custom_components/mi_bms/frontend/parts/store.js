// What the integration says of its devices: one subscription for the whole page.

/** @type {Set<(changed: Set<string> | null) => void>} */
const listeners = new Set();
/** @type {MiDevices | null} */
let devices = null;
/** @type {HassConnection | null} */
let connection = null;
let language = "";
let failed = false;
let generation = 0;
/** @type {(() => unknown) | null} */
let end = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;

const RETRY = 10_000;
const LINGER = 30_000;

/** @param {Set<string> | null} changed */
function tell(changed) {
	for (const listener of [...listeners]) listener(changed);
}

/** @param {{version?: number, devices: Record<string, MiDevice | null>}} message */
function take(message) {
	failed = false;
	const whole = message.version !== undefined || !devices;
	const next = whole ? /** @type {MiDevices} */ ({}) : { ...devices };
	for (const [id, device] of Object.entries(message.devices)) {
		if (device) next[id] = device;
		else delete next[id];
	}
	devices = next;
	tell(whole ? null : new Set(Object.keys(message.devices)));
}

function stop() {
	generation += 1;
	const ending = end;
	end = null;
	// The connection may be gone already; then so is the subscription.
	if (ending) Promise.resolve(ending()).catch(() => undefined);
}

async function start() {
	stop();
	const [mine, link] = [generation, connection];
	if (!link) return;
	try {
		const done = await link.subscribeMessage(
			(message) => mine === generation && take(message),
			{ type: "mi_bms/devices/subscribe", language },
			{ resubscribe: false },
		);
		if (mine === generation) end = done;
		else done();
	} catch {
		// Home Assistant is still starting, or the integration is gone: the cards say so and ask again.
		if (mine !== generation) return;
		failed = true;
		tell(null);
		setTimeout(() => mine === generation && listeners.size && start(), RETRY);
	}
}

/** Follow the devices; a listener is told which changed, or null for all. @param {Hass} hass @param {(changed: Set<string> | null) => void} listener @returns {() => void} */
export function follow(hass, listener) {
	clearTimeout(idle);
	listeners.add(listener);
	if (hass.connection !== connection) {
		const fresh = (connection = hass.connection);
		fresh.addEventListener("ready", () => fresh === connection && listeners.size && start());
		language = "";
	}
	if (hass.language !== language || (!end && listeners.size === 1)) {
		language = hass.language;
		start();
	}
	return () => {
		listeners.delete(listener);
		clearTimeout(idle);
		idle = setTimeout(() => !listeners.size && stop(), LINGER);
	};
}

/** Return all devices, or null before they are known. */
export const known = () => devices;

/** Return whether the integration does not answer. */
export const isFailed = () => failed;

/** Wait for the devices, for as long as a dashboard waits for its strategy. @param {Hass} hass @param {number} [patience] ms @returns {Promise<MiDevices | null>} */
export function whenKnown(hass, patience = 4000) {
	if (devices && connection === hass.connection) return Promise.resolve(devices);
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			leave();
			resolve(devices);
		};
		const timer = setTimeout(done, patience);
		const leave = follow(hass, () => (devices || failed) && done());
	});
}

/** Return what a new card of a kind begins with: the first such device. @param {string} kind @returns {MiConfig} */
export function stubOf(kind) {
	const found = Object.values(known() ?? {}).find((device) => device.kind === kind);
	return found ? { device: found.id } : {};
}
