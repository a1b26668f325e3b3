/**
 * The real program in a folder of its own, on a free port, with the demonstration data; stopped by its own id.
 *
 *   const program = await startProgram()
 *   program.url, program.people['admin@shop.example'], program.stop()
 */
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const binary = process.env.VITRINA ?? 'build-test/vitrina'

export async function startProgram() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vitrina-web-'))
  const data = path.join(folder, 'data')
  const said = execFileSync(binary, ['demo', '--data', data], { encoding: 'utf8' })
  const people = {}
  for (const line of said.split('\n')) {
    const m = /(\S+@\S+)\s+(\S+)\s*$/.exec(line)
    if (m) people[m[1]] = m[2]
  }
  const program = { folder, people, process: null, url: '', async stop() {
    await end(program.process)
    fs.rmSync(folder, { recursive: true, force: true })
  } }
  program.start = async (listen = '127.0.0.1:0') => {
    program.process = spawn(binary, ['serve', '--data', data, '--listen', listen, '--log-level', 'warn'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, VITRINA_OUTBOUND_PRIVATE: '1' }, // what the tests send goes to this machine
    })
    program.url = await listening(program.process)
  }
  program.halt = () => end(program.process)
  /** As when the power goes. */
  program.crash = () => new Promise((resolve) => {
    program.process.removeAllListeners('exit')
    program.process.on('exit', resolve)
    program.process.kill('SIGKILL')
  })
  await program.start()
  return program
}

function listening(child) {
  return new Promise((resolve, reject) => {
    let text = ''
    const late = setTimeout(() => reject(new Error(`the program is not ready after 30 s: ${text}`)), 30000)
    child.stdout.on('data', (bytes) => {
      text += bytes
      const m = /listening on (http:\S+)/.exec(text)
      if (m) {
        clearTimeout(late)
        resolve(m[1])
      }
    })
    child.on('exit', (code) => reject(new Error(`the program ended with ${code}`)))
  })
}

function end(child) {
  if (!child || child.exitCode !== null) return Promise.resolve(child?.exitCode)
  return new Promise((resolve) => {
    child.removeAllListeners('exit')
    const late = setTimeout(() => child.kill('SIGKILL'), 10000)
    child.on('exit', (code) => {
      clearTimeout(late)
      resolve(code)
    })
    child.kill('SIGTERM')
  })
}
