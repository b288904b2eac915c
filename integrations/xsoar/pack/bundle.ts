import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import ts from 'typescript'

const ENTRY = fileURLToPath(new URL('../engine/main.ts', import.meta.url))

/** XSOAR runs a script as the body of a function and looks at what it returns. */
const FOOTER = `return Keystead.run({
  command: command,
  args: args,
  params: params,
  http: http,
  saveFile: saveFile,
  entrytoa: typeof entrytoa === 'function' ? entrytoa : function () { return ''; }
});
`

/**
 * The integration as one script in ES5: what the engine inside XSOAR knows depends on its version, and ES5 all of them
 * do. Rolldown joins the modules, TypeScript writes them in ES5.
 */
export async function bundle(version: string): Promise<string> {
  const bundled = await rolldown({ input: ENTRY, logLevel: 'silent' })
  const { output } = await bundled.generate({
    format: 'iife',
    name: 'Keystead',
    // ES5 has neither symbols nor modules.
    esModule: false,
    generatedCode: { symbols: false },
  })
  await bundled.close()
  const { outputText, diagnostics = [] } = ts.transpileModule(output[0].code, {
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES5,
      module: ts.ModuleKind.ESNext,
      ignoreDeprecations: '6.0',
      removeComments: true,
    },
  })
  const [problem] = diagnostics
  if (problem) throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'))
  return `// Keystead ${version}: the commands of CipherTrust Manager for Cortex XSOAR. Generated; edit its sources instead.\n${outputText}${FOOTER}`
}
