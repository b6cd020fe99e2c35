// Test Anything Protocol without YAML: what went wrong as comments, and the figures that tests tell.
export default async function* tap(events) {
    let count = 0;
    for await (const { type, data } of events) {
        if (data?.nesting > 0) continue;
        if (type === 'test:diagnostic' && data.message.includes(': ')) yield `# ${data.message}\n`;
        if (type !== 'test:pass' && type !== 'test:fail') continue;
        const skipped = data.skip === undefined ? '' : ` # SKIP ${data.skip === true ? '' : data.skip}`;
        yield `${type === 'test:fail' ? 'not ok' : 'ok'} ${++count} - ${data.name.replace(/#/g, '')}${skipped}\n`;
        const error = data.details?.error;
        if (error) yield `${(error.cause?.message ?? error.message).trim().replace(/^/gm, '#   ').slice(0, 3000)}\n`;
    }
    yield `1..${count}\n`;
}
