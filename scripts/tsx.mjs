// `node --import ./scripts/tsx.mjs program.ts`: runs TypeScript where only what `npm start` needs is installed.
import 'tsx'
