import type { ProbeReason } from './probe.js'

/** The reasons as of one moment: those of the newest version lie in slots, an older one knows what the next has changed. */
export interface ReasonsVersion {
  slots: (ProbeReason | undefined)[] | undefined
  next: ReasonsVersion | undefined
  slot: number
  before: ProbeReason | undefined
}

/**
 * Why a kernel is not simply ready, by who is not fine, in the order in which that began. A change costs the same however many there
 * are, and each version can still be read later: only who reads a list pays for it.
 */
export class Reasons<K> {
  #newest: ReasonsVersion = versionOf([])
  readonly #slotOf = new Map<K, number>()

  get version(): ReasonsVersion {
    return this.#newest
  }

  get size(): number {
    return this.#slotOf.size
  }

  get(key: K): ProbeReason | undefined {
    const slot = this.#slotOf.get(key)
    return slot === undefined ? undefined : this.#newest.slots![slot]
  }

  set(key: K, reason: ProbeReason): void {
    let slot = this.#slotOf.get(key)
    if (slot === undefined) {
      slot = this.#newest.slots!.length
      this.#slotOf.set(key, slot)
    }
    this.#change(slot, reason)
  }

  delete(key: K): void {
    const slot = this.#slotOf.get(key)
    if (slot === undefined) return
    this.#slotOf.delete(key)
    this.#change(slot, undefined)
    const { length } = this.#newest.slots!
    if (length > 8 && length > 2 * this.size) this.#closeGaps()
  }

  clear(): void {
    this.#slotOf.clear()
    this.#newest = versionOf([])
  }

  keys(): Iterable<K> {
    return this.#slotOf.keys()
  }

  #change(slot: number, reason: ProbeReason | undefined): void {
    const last = this.#newest
    const slots = last.slots!
    const newest = versionOf(slots)
    last.next = newest
    last.slot = slot
    last.before = slots[slot]
    last.slots = undefined
    slots[slot] = reason
    this.#newest = newest
  }

  /** Older versions keep the slots that they are made of. */
  #closeGaps(): void {
    const slots = this.#newest.slots!
    const kept: ProbeReason[] = []
    for (const [key, slot] of this.#slotOf) this.#slotOf.set(key, kept.push(slots[slot]!) - 1)
    this.#newest = versionOf(kept)
  }
}

/** What they were at that moment. */
export function reasonsOf(version: ReasonsVersion): ProbeReason[] {
  const changed: ReasonsVersion[] = []
  let newest = version
  for (; newest.next !== undefined; newest = newest.next) changed.push(newest)
  const slots = newest.slots!.slice()
  for (const { slot, before } of changed.reverse()) slots[slot] = before
  return slots.filter((reason) => reason !== undefined)
}

function versionOf(slots: ReasonsVersion['slots']): ReasonsVersion {
  return { slots, next: undefined, slot: 0, before: undefined }
}
