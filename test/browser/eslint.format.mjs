// Findings as file:line: text, like those of the other linters.
import { relative } from 'node:path';

export default results => results.flatMap(({ filePath, messages }) =>
    messages.map(m => `${relative('.', filePath)}:${m.line}: ${m.message} [${m.ruleId}]`)).join('\n');
