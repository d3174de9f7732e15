#!/usr/bin/env node
import { main } from './main.js'
import { processIo } from './process-io.js'

// Whoever reads the answer may stop reading it: `keelson graph … | head`.
process.stdout.on('error', () => process.exit())

const argv = process.argv.slice(2)
void main(argv, processIo(argv)).then((code) => {
  // A module that was loaded may have opened what would keep this process alive; the answer is printed.
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
})
