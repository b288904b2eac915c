/** The pages that are generated from the tables of commands and settings. */
export { cliMarkdown } from './help.ts'
export { settingsMarkdown } from './settings-docs.ts'
