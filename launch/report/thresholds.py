"""From where on a figure is a finding, and why from there."""

from __future__ import annotations

MIB = 2**20

# Below, writing it and reading it again takes less than a tenth of a second.
SPILL_BYTES = 10 * MIB

# Spark's own rule for joins is 5 times the median and 256 MiB (spark.sql.adaptive.skewJoin.*). Half
# of a stage's cores wait from 2 times on; 4 times is beyond what uneven keys do by themselves.
SKEW_FACTOR = 4.0
# Spark cuts a skewed partition into pieces of this size (…advisoryPartitionSizeInBytes).
SPLIT_BYTES = 64 * MIB
# A task's first run on an executor takes up to 2 s longer: Java loads and compiles its classes.
SKEW_SECONDS = 2.0
# A gain of less than this share of the run is not worth a change of the program.
WORTH_SHARE = 0.01

# A task that is slow with no more data than others: a host's doing. Speculation, Spark's remedy,
# looks at 1.5 times the median; chance alone makes single tasks 2 or 3 times as long.
STRAGGLER_FACTOR = 4.0
STRAGGLER_SECONDS = 10.0
EVEN_DATA_FACTOR = 2.0

# Spark's own pages show an executor's GC time in red from 10 % of its task time on.
GC_SHARE = 0.10
# A JVM that starts collects while it grows its heap; after so much work that no longer counts.
GC_RUN_SECONDS = 30.0

# Spark's tuning guide: tasks may be as short as 200 ms; below, starting them takes over.
TINY_SECONDS = 0.2
TINY_TASKS_PER_CORE = 10
TINY_STAGE_SECONDS = 5.0

# Spark's tuning guide: 2 to 3 tasks for each core. Fewer tasks than cores leave cores idle.
FEW_TASKS_SECONDS = 10.0
FEW_TASKS_SHARE = 0.05

# A shorter run is mostly Spark's start, whatever the machines.
IDLE_RUN_SECONDS = 120.0
# Half of what is paid for does nothing.
IDLE_SHARE = 0.5
# A third of the time with no stage at all: more machines would not make the run shorter.
ALONE_SHARE = 0.33

# Half of a host's memory is not used, counted by what its processes held at their peak.
UNUSED_SHARE = 0.5
# Room above the peak for a larger day's data.
HEADROOM = 1.25
# YARN ends a container that goes over; the next 10 % are a slightly larger day's data.
FULL_SHARE = 0.9

# What Spark keeps of a heap for itself, and the share of the rest for sorting, joining, caching
# (spark.memory.fraction).
RESERVED_BYTES = 300 * MIB
MEMORY_FRACTION = 0.6
