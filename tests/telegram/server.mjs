// A Bot API for tests: telegram-test-api, with what it lacks in front of it: sendPhoto, answers by a script (429, 403, a
// group that has moved) and a list of every call with its time. Prints its port; ends when its standard input does.
//
//   PUT  /script   [{"status":429,"body":{…}}, …]   the next calls get these answers instead
//   GET  /calls    [{"method","token","at","type","body"}]   body: base64
import http from 'node:http';
import TelegramServer from 'telegram-test-api';

const bot = new TelegramServer({ port: Number(process.argv[2] || 0), storeTimeout: 3600 });
const calls = [];
let script = [];

function read(request) {
	return new Promise((done) => {
		const chunks = [];
		request.on('data', (chunk) => chunks.push(chunk)).on('end', () => done(Buffer.concat(chunks)));
	});
}

function answer(response, status, value) {
	response.writeHead(status, { 'Content-Type': 'application/json' });
	response.end(JSON.stringify(value));
}

async function handle(request, response) {
	if (request.url === '/calls') return answer(response, 200, calls);
	if (request.url === '/script') {
		script = JSON.parse(await read(request));
		return answer(response, 200, {});
	}
	const [, token, method] = request.url.match(/^\/bot([^/]+)\/(\w+)$/) ?? [];
	if (!method) return answer(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
	const body = await read(request);
	const planned = script.shift();
	calls.push({ method, token, at: Date.now(), type: request.headers['content-type'] ?? '', body: body.toString('base64'),
		answered: planned?.status ?? 200 });
	if (planned) return answer(response, planned.status, planned.body);
	if (method === 'sendPhoto') return answer(response, 200, { ok: true, result: { message_id: calls.length } });
	// The rest is the package's: the call goes on to it as it came.
	const onward = http.request({ host: '127.0.0.1', port: inner.address().port, path: request.url, method: request.method,
		headers: request.headers }, (reply) => {
		response.writeHead(reply.statusCode, reply.headers);
		reply.pipe(response);
	});
	onward.end(body);
}

const inner = http.createServer(bot.webServer).listen(0, '127.0.0.1');
const outer = http.createServer((request, response) => {
	handle(request, response).catch((error) => answer(response, 500, { ok: false, description: String(error) }));
});
outer.listen(Number(process.argv[2] || 0), '127.0.0.1', () => console.log(outer.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
