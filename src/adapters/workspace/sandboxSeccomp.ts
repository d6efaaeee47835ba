/** The system calls that a sandboxed program may not make, as a BPF program for x64 (T25). */

/** Audit architecture of x64 (AUDIT_ARCH_X86_64). */
const x64 = 0xc000003e
const enosys = 38
const eperm = 1
const eafnosupport = 97

/**
 * Refused with EPERM: namespaces, mounts, other processes' memory, keys, kernel modules, clocks, the kernel's log.
 * Numbers are those of arch/x86/entry/syscalls/syscall_64.tbl.
 */
const refused: Record<string, number> = {
  ptrace: 101,
  syslog: 103,
  uselib: 134,
  vhangup: 153,
  modify_ldt: 154,
  pivot_root: 155,
  _sysctl: 156,
  adjtimex: 159,
  chroot: 161,
  acct: 163,
  settimeofday: 164,
  mount: 165,
  umount2: 166,
  swapon: 167,
  swapoff: 168,
  reboot: 169,
  sethostname: 170,
  setdomainname: 171,
  iopl: 172,
  ioperm: 173,
  create_module: 174,
  init_module: 175,
  delete_module: 176,
  query_module: 178,
  quotactl: 179,
  nfsservctl: 180,
  lookup_dcookie: 212,
  clock_settime: 227,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  migrate_pages: 256,
  unshare: 272,
  move_pages: 279,
  perf_event_open: 298,
  fanotify_init: 300,
  name_to_handle_at: 303,
  open_by_handle_at: 304,
  clock_adjtime: 305,
  setns: 308,
  process_vm_readv: 310,
  process_vm_writev: 311,
  kcmp: 312,
  finit_module: 313,
  kexec_file_load: 320,
  bpf: 321,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_getfd: 438,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  open_tree_attr: 467,
}

/**
 * Answered as if the kernel did not know them, so that programs fall back: `clone3` hides its flags behind a pointer;
 * memory from `memfd_create`, `memfd_secret` and `shmget` belongs to no process that a limit could end (T30).
 */
const unknown: Record<string, number> = {
  shmget: 29,
  memfd_create: 319,
  userfaultfd: 323,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  clone3: 435,
  memfd_secret: 447,
}

const clone = 56
const ioctl = 16
const socketCalls = [41, 53]
/** UNIX, INET, INET6, NETLINK. */
const families = [1, 2, 10, 16]
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaceFlags = 0x7e020000
/** TIOCSTI and TIOCLINUX push characters into a terminal. */
const terminalRequests = [0x5412, 0x541c]

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number]
const load = (offset: number): Instruction => [0x20, 0, 0, offset]
const end = (action: number): Instruction => [0x06, 0, 0, action]
const equal = (value: number, whenTrue: number, whenFalse: number): Instruction => [
  0x15,
  whenTrue,
  whenFalse,
  value,
]
const atLeast = (value: number, whenTrue: number, whenFalse: number): Instruction => [
  0x35,
  whenTrue,
  whenFalse,
  value,
]
const anyBit = (value: number, whenTrue: number, whenFalse: number): Instruction => [
  0x45,
  whenTrue,
  whenFalse,
  value,
]

const allow = end(0x7fff0000)
const kill = end(0x80000000)
const answer = (errno: number) => end(0x00050000 | errno)

/** Offsets in struct seccomp_data; arguments are 64 bits, of which the kernel reads the low half here. */
const numberOffset = 0
const architectureOffset = 4
const argumentOffset = (index: number) => 16 + 8 * index

/** `when the number is one of these, answer errno`: two instructions each. */
function table(numbers: readonly number[], errno: number): Instruction[] {
  return numbers.flatMap((number) => [equal(number, 0, 1), answer(errno)])
}

/**
 * The program for bwrap's `--seccomp`: an array of struct sock_filter, little-endian.
 *
 * @returns null for processors whose table has not been proven by the sandbox suite: the sandbox then refuses.
 */
export function seccompProgram(architecture: string): Buffer | null {
  if (architecture !== 'x64') return null
  const program: Instruction[] = [
    load(architectureOffset),
    equal(x64, 1, 0),
    kill,
    load(numberOffset),
    // The x32 table has other numbers for the same calls.
    atLeast(0x40000000, 0, 1),
    answer(enosys),
    ...table(Object.values(refused), eperm),
    ...table(Object.values(unknown), enosys),
    equal(clone, 0, 4),
    load(argumentOffset(0)),
    anyBit(namespaceFlags, 0, 1),
    answer(eperm),
    allow,
    equal(ioctl, 0, 5),
    load(argumentOffset(1)),
    equal(terminalRequests[0] as number, 1, 0),
    equal(terminalRequests[1] as number, 0, 1),
    answer(eperm),
    allow,
    equal(socketCalls[0] as number, 1, 0),
    equal(socketCalls[1] as number, 0, 6),
    load(argumentOffset(0)),
    ...families.map((family, index) => equal(family, families.length - index, 0)),
    answer(eafnosupport),
    allow,
  ]
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(whenTrue, index * 8 + 2)
    bytes.writeUInt8(whenFalse, index * 8 + 3)
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4)
  }
  return bytes
}
