"""What hostile code tries. Each piece is Python that gets through when it ends without an exception.

``A`` holds what the host prepared: paths, ports and process ids worth attacking, all open to every user, so that it is
the sandbox that stops a cell and not a file mode. ``call(name, ...)`` makes a system call by name.
"""

from __future__ import annotations

PREAMBLE = """
import ctypes, os, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    wide = [ctypes.c_long(x) if isinstance(x, int) else x for x in arguments]
    result = libc.syscall(ctypes.c_long(A["syscalls"][name]), *wide)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""

WRAPPER = """
try:
{code}
except BaseException as error:
    print("stopped:", type(error).__name__, error)
else:
    print("THROUGH")
"""

# The matrix of 23.
MATRIX = {
    "tcp to a loopback service": "socket.create_connection(('127.0.0.1', A['tcp']), 2)",
    "udp to loopback": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', A['udp']))",
    "dns": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 53))",
    "abstract unix socket": "socket.socket(socket.AF_UNIX).connect('\\0' + A['abstract'])",
    "path unix socket": "socket.socket(socket.AF_UNIX).connect(A['unix'])",
    "read a key": "open(A['secret']).read()",
    "read /etc/passwd": "open('/etc/passwd').read()",
    "list /root": "os.listdir('/root'); assert os.listdir('/root') != ['.pyenv']",
    "environment of the parent": "open(f\"/proc/{A['pid']}/environ\", 'rb').read()",
    "memory map of the parent": "open(f\"/proc/{A['pid']}/maps\").read()",
    "root of process 1": "os.listdir('/proc/1/root')",
    "list processes": "os.listdir('/proc')",
    "write outside": "open(A['folder'] + '/written', 'w').write('x')",
    "write outside through a link": "os.symlink(A['folder'], 'out'); open('out/linked', 'w').write('x')",
    "chmod outside": "os.chmod(A['victim'], 0o600); assert os.stat(A['victim']).st_mode & 0o777 == 0o600",
    "rename outside": "os.rename(A['movable'], A['movable'] + '.moved')",
    "signal the parent": "os.kill(A['pid'], 0)",
    "new user namespace": "call('unshare', 0x10000000)",
    "mount": "call('mount', b'none', b'/mnt', b'tmpfs', 0, None)",
    "ptrace the parent": "call('ptrace', 16, A['pid'], 0, 0)",
    "file of 200 MB": "f = open('big', 'wb')\nfor _ in range(200): f.write(bytes(1 << 20)); f.flush()",
    "allocate 4 GB": "bytearray(4 << 30)",
    "500 forks": "for _ in range(500):\n    if os.fork() == 0: os._exit(0)",
}

# The list C01-C20, where it asks for more. What needs several cells stands in test_interpreter.py.
MORE = {
    # C02 processes and threads
    "vfork": "call('vfork')",
    "clone of a process": "call('clone', 17, 0, 0, 0, 0)",
    "clone3": "call('clone3', ctypes.create_string_buffer(88), 88)",
    "spawn": "os.posix_spawn(sys.executable, ['python'], {})",
    "another program": "import subprocess; subprocess.run(['id'])",
    "exec": "os.execv('/bin/true', ['true'])",
    "thread bomb": "e = threading.Event(); t = [threading.Thread(target=e.wait, daemon=True) for _ in range(5000)]\n"
    "try:\n    for x in t: x.start()\nfinally: e.set()",
    # C03 memory
    "numpy of 4 GB": "import numpy; numpy.ones(4 << 27)",
    "growing list": "x = []\nwhile True: x.append(bytearray(900 << 20))",
    "anonymous map": "import mmap; mmap.mmap(-1, 4 << 30)",
    "memory file": "os.ftruncate(os.memfd_create('x'), 32 << 20)",
    "memory in /dev/shm": "open('/dev/shm/glmkit-test', 'wb').write(bytes(1 << 20))",
    "shared memory segment": "call('shmget', 0, 1 << 30, 0o1600)",
    "raise the limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))",
    # C04 disk
    "sparse file of 10 GB": "os.ftruncate(os.open('sparse', os.O_RDWR | os.O_CREAT), 10 << 30)",
    # C06 network
    "http to loopback": "import urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{A['tcp']}\", timeout=2)",
    "metadata address": "socket.create_connection(('169.254.169.254', 80), 1)",
    "ipv6": "socket.socket(socket.AF_INET6)",
    "icmp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)",
    "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "packet": "socket.socket(17, socket.SOCK_RAW)",
    "vsock": "socket.socket(40, socket.SOCK_STREAM)",
    "netlink": "socket.socket(16, socket.SOCK_RAW)",
    "datagram pair pointed outside": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].connect(A['datagram'])",
    "listen": "s = socket.socketpair()[0]; s.bind('x'); s.listen()",
    "resolve a name": "socket.getaddrinfo('example.com', 80)",
    # C07 what is not ours to read
    "keys": "os.listdir(os.path.expanduser('~root/.ssh'))",
    "shadow": "open('/etc/shadow').read()",
    "files of another session": "open(A['neighbour']).read()",
    "list the temporary folder": "os.listdir(A['folder'])",
    "home folders": "assert os.listdir('/home')",
    "secrets in the environment": "assert any('canary' in value for value in os.environ.values())",
    # C08 what is not ours to write
    "up and out": "open('../../../' + A['folder'] + '/up', 'w').write('x')",
    "beside the workspace": "open('../beside', 'w').write('x')",
    "hard link in": "os.link(A['secret'], 'hard'); open('hard').read()",
    "hard link out": "open('mine', 'w').write('x'); os.link('mine', A['folder'] + '/hard')",
    "link to read": "os.symlink(A['secret'], 'soft'); open('soft').read()",
    "truncate outside": "os.truncate(A['victim'], 0)",
    "open to truncate outside": "os.open(A['victim'], os.O_WRONLY | os.O_TRUNC)",
    "unlink outside": "os.unlink(A['victim'])",
    "folder outside": "os.mkdir(A['folder'] + '/made')",
    "change Python": "open(os.__file__, 'a').write('')",
    "chown outside": "os.chown(A['victim'], 12345, 12345); assert os.stat(A['victim']).st_uid == 12345",
    "times outside": "os.utime(A['victim'], (1, 1)); assert os.stat(A['victim']).st_mtime == 1",
    "attribute outside": "os.setxattr(A['victim'], 'user.x', b'y'); assert os.getxattr(A['victim'], 'user.x')",
    "device node": "os.mknod('node', 0o60666, os.makedev(254, 0)); open('node', 'rb').read(1)",
    # C09 windows into other processes
    "own descriptors": "os.listdir('/proc/self/fd')",
    "memory of the parent": "open(f\"/proc/{A['pid']}/mem\", 'rb').read(1)",
    "sysrq": "open('/proc/sysrq-trigger', 'w').write('h')",
    "sys": "os.listdir('/sys')",
    "own memory, around the walls": "open('/proc/self/mem', 'r+b')",
    # C10 system calls
    "read the parent's memory": "call('process_vm_readv', A['pid'], None, 0, None, 0, 0)",
    "signal everyone": "os.kill(-1, 0)",
    "signal the group": "os.kill(0, 0)",
    "signal through a thread": "call('tkill', A['pid'], 0)",
    "queue a signal": "call('rt_sigqueueinfo', A['pid'], 0, ctypes.create_string_buffer(128))",
    "signal through a descriptor's owner": "import fcntl; fcntl.fcntl(socket.socketpair()[0], 8, A['pid'])",
    "pidfd": "os.pidfd_open(A['pid'])",
    "bpf": "call('bpf', 0, ctypes.create_string_buffer(128), 128)",
    "io_uring": "call('io_uring_setup', 1, ctypes.create_string_buffer(128))",
    "userfaultfd": "call('userfaultfd', 1)",
    "keyring": "call('keyctl', 0, -3, 0)",
    "perf": "call('perf_event_open', ctypes.create_string_buffer(128), 0, -1, -1, 0)",
    "load a module": "call('init_module', ctypes.create_string_buffer(8), 8, b'')",
    "another filter": "call('seccomp', 2, 0, 0)",
    "chroot": "os.chroot('.')",
    "join a namespace": "call('setns', 0, 0)",
    "network namespace by thread": "call('clone', 0x10000 | 0x40000000 | 0x900, 0, 0, 0, 0)",
    "open by handle": "call('open_by_handle_at', 0, ctypes.create_string_buffer(128), 0)",
    "watch a folder": "call('inotify_add_watch', call('inotify_init1', 0), A['folder'].encode(), 0xfff)",
    "personality": "call('personality', 0x0040000)",
    "outlive the owner": "assert libc.prctl(1, 0, 0, 0, 0) == 0",
    "limits of the parent": "import resource; resource.prlimit(A['pid'], resource.RLIMIT_NOFILE, (64, 64))",
    "processors of the parent": "os.sched_setaffinity(A['pid'], {0})",
    "priority": "os.setpriority(os.PRIO_PROCESS, A['pid'], 19)",
    "x32 system calls": "assert libc.syscall(ctypes.c_long(0x40000000 + 39)) > 0",
    "calls not yet invented": "assert libc.syscall(ctypes.c_long(467), -100, b'/', 0, 0, 0) != -1",
    "host name": "socket.sethostname('x')",
    "clock": "import time; time.clock_settime(0, 0)",
    # C11 more rights
    "become root": "os.setuid(0); assert os.getuid() == 0",
    "already root": "assert os.geteuid() == 0",
    "capabilities": "call('capset', ctypes.create_string_buffer(8), ctypes.create_string_buffer(24))",
    "sudo": "import subprocess; subprocess.run(['/usr/bin/su', '-c', 'id'])",
    # C12 terminal
    "open the terminal": "open('/dev/tty', 'r+b', buffering=0)",
    "type into the terminal": "import fcntl; fcntl.ioctl(0, 0x5412, b'x')",
}

# First, while no cell has opened a file of its own.
FRESH = {
    "descriptors left open": "left = []\nfor n in range(3, 256):\n"
    "    try: kind = os.fstat(n).st_mode & 0o170000\n    except OSError: continue\n"
    "    left += [n] if kind not in (0o010000, 0o020000, 0o140000, 0) else []\nassert left",
}

ALL = {**FRESH, **MATRIX, **MORE}

# The same code without walls gets through here, whoever runs it: it is the walls that stop it elsewhere.
THROUGH_WITHOUT_WALLS = (
    *("tcp to a loopback service", "udp to loopback", "abstract unix socket", "path unix socket", "read a key"),
    *("read /etc/passwd", "list processes", "write outside", "write outside through a link", "rename outside"),
    *("clone of a process", "spawn", "another program", "memory file", "ipv6", "netlink", "list the temporary folder"),
    *("hard link out", "link to read", "truncate outside", "sys", "datagram pair pointed outside", "signal the group"),
    *("folder outside", "watch a folder", "outlive the owner"),
)


def cell(name: str) -> str:
    """Return the cell that makes this attempt and prints THROUGH or why not."""
    body = "\n".join("    " + line for line in ALL[name].split("\n"))
    return WRAPPER.format(code=body)
