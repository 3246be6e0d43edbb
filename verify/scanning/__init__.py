"""The scan of a library: every public function of its modules examined in processes of their own."""
