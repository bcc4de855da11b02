# For type checkers and editors: at run time a name is imported when it is used.

from rebalance.api import affinity as affinity
from rebalance.api import cluster as cluster
from rebalance.api import find_views as find_views
from rebalance.api import scan as scan
from rebalance.api import select as select
from rebalance.errors import RebalanceError as RebalanceError
from rebalance.formats import read as read
from rebalance.formats import read_orientations as read_orientations
from rebalance.formats import read_refinement as read_refinement
from rebalance.model import Affinity as Affinity
from rebalance.model import Alignment as Alignment
from rebalance.model import ClassAverages as ClassAverages
from rebalance.model import Dataset as Dataset
from rebalance.model import ParticleTable as ParticleTable
from rebalance.model import RunResult as RunResult
from rebalance.model import Scan as Scan
from rebalance.model import Selection as Selection
from rebalance.model import Superclasses as Superclasses
from rebalance.model import Views as Views
from rebalance.pipeline.diagnose_job import diagnose as diagnose
from rebalance.pipeline.orientations_job import balance_orientations as balance_orientations
from rebalance.pipeline.run_job import run as run

__version__: str
