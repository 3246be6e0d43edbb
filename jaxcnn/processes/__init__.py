"""One run as several processes, perhaps on several machines: who takes part, what they agree on, and how it ends."""

from jaxcnn.processes.errors import ProcessError as ProcessError
from jaxcnn.processes.membership import Membership as Membership
from jaxcnn.processes.membership import join as join
from jaxcnn.processes.place import Place as Place
from jaxcnn.processes.sharing import from_first as from_first
from jaxcnn.processes.sharing import is_first as is_first
