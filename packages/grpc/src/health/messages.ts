/** The messages of `grpc.health.v1`, as protocol buffers: a string and an enumeration, for which no compiler is needed. */

export type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

const NUMBERS: Readonly<Record<ServingStatus, number>> = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 }

/** `HealthCheckRequest`. */
export interface HealthRequest {
  /** Its name; empty for all together. */
  readonly service: string
}

export function readRequest(bytes: Buffer): HealthRequest {
  let service = ''
  let at = 0

  function varint(): number {
    let value = 0
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new Error('malformed message')
  }

  while (at < bytes.length) {
    const tag = varint()
    const type = tag % 8
    const length = type === 2 ? varint() : type === 1 ? 8 : type === 5 ? 4 : 0
    if (type === 0) varint()
    else if (length === 0 && type !== 2) throw new Error('malformed message')
    if (at + length > bytes.length) throw new Error('malformed message')
    // The last one counts, and fields of later versions are passed over.
    if (tag === 0x0a) service = bytes.toString('utf8', at, at + length)
    at += length
  }
  return { service }
}

/** `HealthCheckResponse`. */
export function writeStatus(status: ServingStatus): Buffer {
  return Buffer.from([0x08, NUMBERS[status]])
}

/** `HealthListResponse`: a map, as entries of a key and a value. */
export function writeList(statuses: ReadonlyMap<string, ServingStatus>): Buffer {
  return Buffer.concat(
    Array.from(statuses, ([service, status]) =>
      field(1, Buffer.concat([field(1, Buffer.from(service)), field(2, writeStatus(status))])),
    ),
  )
}

function field(number: number, content: Buffer): Buffer {
  const head = [number * 8 + 2]
  let { length } = content
  for (; length > 0x7f; length = Math.floor(length / 128)) head.push((length % 128) | 0x80)
  return Buffer.concat([Buffer.from([...head, length]), content])
}
