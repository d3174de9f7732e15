import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'

/** The schema of compose-spec, as dclint has it: every field is in it, and no other is allowed. */
const folder = dirname(createRequire(import.meta.url).resolve('dclint/package.json'))
const schema = JSON.parse(readFileSync(join(folder, 'schemas', 'compose.schema.json'), 'utf8'))
const { $schema: _draft7, ...rules } = schema
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(rules)

/** What is wrong with a file of Compose. */
export function composeProblems(file: unknown): string[] {
  if (validate(file)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}
