import { KeelsonError } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { markPermanent } from './permanent.js'

const coded = (code: string, message = 'said the server') => Object.assign(new Error(message), { code })

test.each([
  ['a wrong password', coded('28P01')],
  ['what pg_hba.conf rejects', coded('28000')],
  ['a database that does not exist', coded('3D000')],
  ['a connection string that cannot be parsed', coded('ERR_INVALID_URL')],
  ['a certificate that is not trusted', coded('SELF_SIGNED_CERT_IN_CHAIN')],
  ['TLS that the server does not have', new Error('The server does not support SSL connections')],
  ['a password that is missing', new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')],
])('%s is not tried again', (_what, error) => {
  expect(markPermanent(error)).toMatchObject({ code: 'INVALID_OPTION', message: error.message, cause: error })
})

test.each([
  ['a server that is not there', coded('ECONNREFUSED')],
  ['a name that is not known yet', coded('ENOTFOUND')],
  ['a server that is starting up', coded('57P03')],
  ['a server that has no connection left', coded('53300')],
  ['what is no error', 'nothing'],
])('%s is', (_what, error) => {
  expect(markPermanent(error)).toBe(error)
})

test('what is said already is left alone', () => {
  const error = new KeelsonError('INVALID_OPTION', 'url is missing')
  expect(markPermanent(error)).toBe(error)
})
