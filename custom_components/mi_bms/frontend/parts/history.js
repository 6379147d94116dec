// The last hours of entities: fetched once per page, kept outside the cards, thinned as it comes.

export const SLOTS = 288;
/** Return whether there is enough to be drawn: half an hour. @param {(number | null)[]} points */
export const isTelling = (points) => points.filter((value) => value !== null).length > SLOTS / 48;
const LINGER = 60_000;

/** A day of one entity: the mean of each slot, in constant space. */
class Line {
	/** @param {number} span seconds */
	constructor(span) {
		this.width = span / SLOTS;
		this.sums = new Float64Array(SLOTS);
		this.weights = new Float64Array(SLOTS);
		this.slot = -1;
		this.time = 0;
		/** @type {number | null} */
		this.value = null;
	}

	/** Let the last value last until a time. @param {number} until */
	last(until) {
		if (until - this.time > SLOTS * this.width) this.time = until - SLOTS * this.width;
		while (this.time < until) {
			const slot = Math.floor(this.time / this.width);
			const place = slot % SLOTS;
			if (slot !== this.slot) {
				this.sums[place] = this.weights[place] = 0;
				this.slot = slot;
			}
			const end = Math.min(until, (slot + 1) * this.width);
			if (this.value !== null) {
				this.sums[place] += this.value * (end - this.time);
				this.weights[place] += end - this.time;
			}
			this.time = end;
			// A float that rounds to its own slot's end would never get on.
			if (end < until && Math.floor(end / this.width) === slot) this.time = (slot + 1) * this.width + 1e-6;
		}
	}

	/** @param {number} time @param {string} state */
	add(time, state) {
		if (this.time) this.last(time);
		else this.time = time;
		const value = state === "on" ? 1 : state === "off" ? 0 : Number.parseFloat(state);
		this.value = Number.isFinite(value) ? value : null;
	}

	/** Return the points from old to new; what was not known is null. @param {number} now @returns {(number | null)[]} */
	points(now) {
		if (this.time) this.last(now);
		const first = Math.floor(now / this.width) - SLOTS + 1;
		const known = this.slot;
		return Array.from({ length: SLOTS }, (_, index) => {
			const slot = first + index;
			const place = slot % SLOTS;
			if (slot > known || slot <= known - SLOTS) return null;
			return this.weights[place] ? this.sums[place] / this.weights[place] : null;
		});
	}
}

/**
 * @typedef {object} Stream
 * @property {string} key
 * @property {string[]} ids
 * @property {number} span
 * @property {Map<string, Line>} lines
 * @property {Set<() => void>} readers
 * @property {(() => unknown) | null} end
 * @property {ReturnType<typeof setTimeout> | undefined} idle
 * @property {boolean} isThere
 */
/** @type {Map<string, Stream>} */
const streams = new Map();
/** @type {WeakSet<HassConnection>} */
const links = new WeakSet();

/** @param {Stream} stream */
function close(stream) {
	const end = stream.end;
	stream.end = null;
	// The connection may be gone already; then so is the subscription.
	if (end) Promise.resolve(end()).catch(() => undefined);
}

/** @param {HassConnection} link @param {Stream} stream */
function start(link, stream) {
	const lines = (stream.lines = /** @type {Map<string, Line>} */ (new Map()));
	const isMine = () => streams.get(stream.key) === stream && stream.lines === lines;
	link
		.subscribeMessage(
			(/** @type {{states: Record<string, {s: string, lu: number}[]>}} */ message) => {
				for (const [id, points] of Object.entries(message.states ?? {})) {
					let line = lines.get(id);
					if (!line) lines.set(id, (line = new Line(stream.span)));
					for (const point of points) line.add(point.lu, point.s);
				}
				stream.isThere = true;
				for (const reader of [...stream.readers]) reader();
			},
			{
				type: "history/stream",
				entity_ids: stream.ids,
				start_time: new Date(Date.now() - stream.span * 1000).toISOString(),
				minimal_response: true,
				no_attributes: true,
				significant_changes_only: false,
				include_start_time_state: true,
			},
			{ resubscribe: false },
		)
		.then(
			(end) => {
				if (isMine()) stream.end = end;
				else end();
			},
			() => isMine() && streams.delete(stream.key),
		);
}

/** Start again what was open when a lost connection is back. @param {HassConnection} link */
function mind(link) {
	if (links.has(link)) return;
	links.add(link);
	link.addEventListener("ready", () => {
		for (const stream of streams.values()) {
			stream.end = null;
			start(link, stream);
		}
	});
}

/** Follow the last hours of entities; null where no history is kept. @param {Hass} hass @param {string[]} ids @param {() => void} reader told when there is more @param {number} [hours] @returns {{points: (id: string) => (number | null)[], isThere: () => boolean, leave: () => void} | null} */
export function followHistory(hass, ids, reader, hours = 24) {
	if (!ids.length || !hass.config.components.includes("history")) return null;
	const span = hours * 3600;
	const key = `${span} ${ids.join(" ")}`;
	let stream = /** @type {Stream} */ (streams.get(key));
	if (!stream) {
		stream = { key, ids, span, lines: new Map(), readers: new Set(), end: null, idle: undefined, isThere: false };
		streams.set(key, stream);
		mind(hass.connection);
		start(hass.connection, stream);
	}
	clearTimeout(stream.idle);
	stream.readers.add(reader);
	return {
		points: (id) => stream.lines.get(id)?.points(Date.now() / 1000) ?? [],
		isThere: () => stream.isThere,
		leave: () => {
			stream.readers.delete(reader);
			clearTimeout(stream.idle);
			stream.idle = setTimeout(() => {
				if (stream.readers.size) return;
				streams.delete(key);
				close(stream);
			}, LINGER);
		},
	};
}

/** @type {Map<string, {at: number, rows: Promise<any[]>}>} */
const weeks = new Map();

/** Return the hourly statistics of an entity's last days. @param {Hass} hass @param {string} id @param {number} days @param {Record<string, string>} units @returns {Promise<{start: number, mean: number, min: number, max: number}[]>} */
export function statistics(hass, id, days, units) {
	const key = `${id} ${days}`;
	const had = weeks.get(key);
	if (had && Date.now() - had.at < 300_000) return had.rows;
	const rows = hass
		.callWS({
			type: "recorder/statistics_during_period",
			start_time: new Date(Date.now() - days * 86_400_000).toISOString(),
			statistic_ids: [id],
			period: "hour",
			types: ["mean", "min", "max"],
			units,
		})
		.then((found) => found[id] ?? [])
		.catch(() => {
			weeks.delete(key);
			return [];
		});
	weeks.set(key, { at: Date.now(), rows });
	return rows;
}
