/** Python's own names: modules of the standard library (3.8 to 3.14) and built-in functions. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean))

export const standardModules = words(`
__future__ _thread _typeshed abc aifc annotationlib antigravity argparse array ast asynchat asyncio
asyncore atexit audioop base64 bdb binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath
cmd code codecs codeop collections colorsys compileall compression concurrent configparser contextlib
contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils
doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions
ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html
http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache
locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt
multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev
pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile
pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib
resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib
sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string
stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile
termios textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc
tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref
webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
`)

export const builtinFunctions = words(`
ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError
BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError
ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning
EnvironmentError Exception ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError
FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError
InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError OSError
OverflowError PendingDeprecationWarning PermissionError ProcessLookupError RecursionError ReferenceError
ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning
SystemError SystemExit TabError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError
UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning
ZeroDivisionError abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr
classmethod compile complex copyright credits delattr dict dir divmod enumerate eval exec exit filter
float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len
license list locals map max memoryview min next object oct open ord pow print property quit range repr
reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip __import__
reveal_type exit quit
`)

/** Import names whose distribution is called otherwise; names that contain one another need no line. */
export const distributionOf: Readonly<Record<string, string>> = {
  yaml: 'pyyaml',
  bs4: 'beautifulsoup4',
  PIL: 'pillow',
  cv2: 'opencv',
  sklearn: 'scikit-learn',
  skimage: 'scikit-image',
  dateutil: 'python-dateutil',
  attr: 'attrs',
  jwt: 'pyjwt',
  jose: 'python-jose',
  dotenv: 'python-dotenv',
  Crypto: 'pycryptodome',
  nacl: 'pynacl',
  OpenSSL: 'pyopenssl',
  serial: 'pyserial',
  usb: 'pyusb',
  magic: 'python-magic',
  docx: 'python-docx',
  pptx: 'python-pptx',
  fitz: 'pymupdf',
  MySQLdb: 'mysqlclient',
  psycopg2: 'psycopg',
  github: 'pygithub',
  gi: 'pygobject',
  zmq: 'pyzmq',
  git: 'gitpython',
  slugify: 'python-slugify',
  multipart: 'python-multipart',
  telegram: 'python-telegram-bot',
  win32api: 'pywin32',
  win32con: 'pywin32',
  pkg_resources: 'setuptools',
  mpl_toolkits: 'matplotlib',
  pylab: 'matplotlib',
  rest_framework: 'djangorestframework',
  corsheaders: 'django-cors-headers',
  environ: 'django-environ',
  google: 'google',
  grpc: 'grpcio',
  faiss: 'faiss',
  umap: 'umap-learn',
  kafka: 'kafka-python',
  ldap: 'python-ldap',
  memcache: 'python-memcached',
  markdown: 'markdown',
  socks: 'pysocks',
  snappy: 'python-snappy',
  lxml: 'lxml',
  wx: 'wxpython',
  Xlib: 'python-xlib',
  pytest: 'pytest',
  typing_extensions: 'typing-extensions',
}
