/** The pages that are generated from the tables of commands and settings, and the table itself. */
export { makeTable } from './api/make-table.ts'
export { cliMarkdown } from './help.ts'
export { manPages } from './man.ts'
export { settingsMarkdown } from './settings/docs.ts'
