import { readFileSync } from 'node:fs'

/** A self-signed certificate of localhost, valid until 2126. Its key is public: for tests only. */
export const certificate = {
  key: readFileSync(new URL('../fixtures/localhost-key.pem', import.meta.url)),
  cert: readFileSync(new URL('../fixtures/localhost-cert.pem', import.meta.url)),
}
