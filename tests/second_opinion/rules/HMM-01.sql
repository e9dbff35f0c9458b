-- range_fault
SELECT time, mmap_lock = 0 AS broken FROM range_fault
