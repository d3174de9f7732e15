import { checkIsObject, invalidOption } from './lifecycle.js'

type Check = (value: unknown) => string | undefined

const isCount: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535 ? undefined : 'must be an integer, 0 to 65535'
const isConcurrency: Check = (value) =>
  value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) > 0)
    ? undefined
    : 'must be an integer above 0, or Infinity'
const isFunction: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')
const isObject: Check = (value) => (typeof value === 'object' && value !== null ? undefined : 'must be an object')
const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const isQueue: Check = (value) =>
  typeof value === 'function' || (typeof value === 'string' && value !== '') ? undefined : 'must be the name of a queue'
const isFailed: Check = (value) =>
  typeof value === 'function' || ['requeue-once', 'requeue', 'dead-letter'].includes(value as string)
    ? undefined
    : "must be 'requeue-once', 'requeue', 'dead-letter' or a function that returns one of these"

const CHECKS: Readonly<Record<string, Check>> = {
  setup: isFunction,
  prefetch: isCount,
  confirm: isBoolean,
  mandatory: isBoolean,
  queue: isQueue,
  concurrency: isConcurrency,
  handle: isFunction,
  failed: isFailed,
  options: isObject,
}

/** @throws KeelsonError `INVALID_OPTION` for what no resource with a channel can work with. */
export function checkChannelOptions(name: string, options: object, example: string, needed: readonly string[] = []): void {
  checkIsObject(name, options, example)
  const given = options as Readonly<Record<string, unknown>>
  for (const option of needed) {
    if (given[option] === undefined) throw invalidOption(name, option, 'is missing', `pass ${example}`)
  }
  for (const [option, check] of Object.entries(CHECKS)) {
    const problem = given[option] === undefined ? undefined : check(given[option])
    if (problem !== undefined) throw invalidOption(name, option, problem, `pass ${example}`)
  }
  const connection = Object.getOwnPropertyDescriptor(options, 'connection')
  if (connection === undefined || ('value' in connection && connection.value === undefined)) {
    throw invalidOption(name, 'connection', 'is missing', 'pass what amqpConnection() returned')
  }
}
